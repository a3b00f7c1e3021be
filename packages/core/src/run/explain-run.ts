import type { PageOptions } from '../component/metadata-store.ts';
import type { Plan } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import { readRunsOnce, reasonWithName } from './reason-with-name.ts';
import type { NodeRecord, NodeState } from './run-record.ts';
import { useStack } from './use-stack.ts';

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
  readonly id: string;
  readonly name: string;
  readonly steps: readonly NodeExplanation[];
  readonly next?: string;
}

/** Why each step ran or was taken from the cache. @param page of its steps. Default limit: 200. */
export async function explainRun(project: Project, idOrName: string, page: PageOptions = {}): Promise<RunExplanation> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const { id, name, record } = await metadataStore.getRun(idOrName);
    const { items, next } = await metadataStore.listNodes(id, { limit: 200, ...page });
    const readRun = readRunsOnce(metadataStore);
    const steps: NodeExplanation[] = [];
    for (const node of items) {
      const { nodeId, step, state } = node;
      const previous = await metadataStore.findPrevious(record.plan.pipeline, nodeId, { runId: id });
      const before = previous && (await readRun(previous.runId));
      // A step that never came to be looked up has no key to compare.
      const isComparable = before !== undefined && node.cacheParts !== undefined;
      steps.push({
        nodeId,
        step,
        state,
        reason:
          (await reasonWithName(node, readRun)) ??
          (state === 'pending' ? 'it has not begun' : 'no reason was recorded'),
        ...(isComparable ? { comparedWith: { runId: before.id, runName: before.name } } : {}),
        differences:
          previous === undefined || !isComparable
            ? []
            : compareKeyParts(keyPartsOf(previous, before.record.plan), keyPartsOf(node, record.plan)),
      });
    }
    return { id, name, steps, ...(next === undefined ? {} : { next }) };
  });
}

/** The recorded parts, with those of the code's fingerprint in the place of its hash where the plan has them. */
function keyPartsOf({ nodeId, cacheParts = {} }: NodeRecord, plan: Plan): Readonly<Record<string, string>> {
  const fingerprint = plan.nodes.find((node) => node.id === nodeId)?.fingerprint;
  if (fingerprint === undefined || !('sha256' in fingerprint) || fingerprint.parts === undefined) return cacheParts;
  if (cacheParts.code !== fingerprint.sha256) return cacheParts;
  const { code: _, ...others } = cacheParts;
  const parts = Object.entries(fingerprint.parts).map(([part, hash]) => [
    part === 'code' ? part : `code ${part}`,
    hash,
  ]);
  return { ...Object.fromEntries(parts), ...others };
}

function compareKeyParts(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): KeyDifference[] {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return parts
    .filter((part) => before[part] !== after[part])
    .map((part) => ({
      part,
      ...(before[part] === undefined ? {} : { before: before[part] }),
      ...(after[part] === undefined ? {} : { after: after[part] }),
    }));
}
