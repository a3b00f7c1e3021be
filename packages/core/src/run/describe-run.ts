import type { PageOptions } from '../component/metadata-store.ts';
import type { FailureMode } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { LeaseHolder, NodeDetail, RunSummary, StackSnapshot } from './run-record.ts';
import type { ErrorRecord } from './step-result.ts';

export interface NodeDescription extends NodeDetail {
  /** Ids of the nodes that it waits for. */
  readonly dependsOn: readonly string[];
}

export interface RunDescription extends RunSummary {
  readonly error?: ErrorRecord;
  readonly sourceFile: string;
  readonly codeDigest: string;
  readonly failureMode: FailureMode;
  readonly versions: Readonly<Record<string, string>>;
  readonly components: StackSnapshot['components'];
  /** Who drives it now. */
  readonly driver?: LeaseHolder & { readonly expiresAt: string };
  /** In plan order, as many as the page holds. */
  readonly steps: readonly NodeDescription[];
  /** Cursor of what comes after. */
  readonly next?: string;
}

/** @param page of its steps. Default limit: 200. */
export async function describeRun(
  _project: Project,
  _idOrName: string,
  _page: PageOptions = {},
): Promise<RunDescription> {
  throw new Error('not there yet');
}
