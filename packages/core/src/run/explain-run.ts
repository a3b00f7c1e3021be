import type { PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import type { NodeState } from './run-record.ts';

/** One part of the cache key that differs from the run before. */
export interface KeyDifference {
  /** `code src/helpers.ts#normalise`, `parameter epochs`, `input train`, `output model`. */
  readonly part: string;
  /** Absent where it is new. Short values as they are, others hashed. */
  readonly before?: string;
  /** Absent where it is gone. */
  readonly after?: string;
}

export interface NodeExplanation {
  readonly nodeId: string;
  readonly step: string;
  readonly state: NodeState;
  /** Why it ran or was taken from the cache, as a sentence without a full stop. */
  readonly reason: string;
  /** The newest run before, of the same pipeline, in which this node succeeded. */
  readonly comparedWith?: { readonly runId: string; readonly runName: string };
  /** Empty where nothing differs or nothing is there to compare with. */
  readonly differences: readonly KeyDifference[];
}

export interface RunExplanation {
  readonly runId: string;
  readonly name: string;
  readonly steps: readonly NodeExplanation[];
  readonly next?: string;
}

/** Why each step ran or was taken from the cache. @param page of its steps. Default limit: 200. */
export async function explainRun(
  _project: Project,
  _idOrName: string,
  _page: PageOptions = {},
): Promise<RunExplanation> {
  throw new Error('not there yet');
}
