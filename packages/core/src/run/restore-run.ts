import type { ArtifactRecord } from '../artifact/artifact-record.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { NewRun, NodeRecord, NodeState } from './run-record.ts';
import { isSuccess, RunSchedule } from './run-schedule.ts';
import type { StepRequest } from './step-request.ts';

/** What a driver that takes over must know of what was before. */
export interface RestoredRun {
  readonly schedule: RunSchedule;
  /** How many attempts of each node were started, where any was. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Outputs that nodes which have not succeeded may read, by node and output. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, ArtifactRecord>>>;
  /** Nodes whose attempt was started and not recorded as ended. */
  readonly interrupted: readonly string[];
  /** Hooks that were due and are not recorded as ended. */
  readonly dueHooks: readonly { readonly nodeId: string; readonly role: Exclude<StepRequest['role'], 'step'> }[];
  /** Nodes that start over. */
  readonly reset: readonly string[];
}

const pageSize = 500;

/** Nothing recorded is changed by it. */
export async function restoreRun(metadataStore: MetadataStore, run: NewRun): Promise<RestoredRun> {
  const states = new Map<string, NodeState>();
  const attempts = new Map<string, number>();
  const interrupted: string[] = [];
  const reset: string[] = [];
  for await (const { nodeId, state, attempts: count } of eachNode(metadataStore, run.id)) {
    if (count > 0) attempts.set(nodeId, count);
    if (state === 'running') interrupted.push(nodeId);
    if (state === 'failed' || state === 'cancelled' || state === 'skipped') reset.push(nodeId);
    else if (state !== 'pending') states.set(nodeId, state);
  }
  const schedule = new RunSchedule(run.plan, states);
  const details = await readDetails(metadataStore, run, states);
  const dueHooks = run.plan.nodes
    .filter((node) => states.get(node.id) === 'succeeded' && node.hooks.includes('onSuccess'))
    .filter((node) => details.get(node.id)?.hooks.every((hook) => hook.role !== 'onSuccess'))
    .map((node) => ({ nodeId: node.id, role: 'onSuccess' as const }));
  const outputs = new Map([...details].map(([nodeId, detail]) => [nodeId, detail.outputs]));
  return { schedule, attempts, outputs, interrupted, dueHooks, reset };
}

async function* eachNode(metadataStore: MetadataStore, runId: string): AsyncGenerator<NodeRecord> {
  let cursor: string | undefined;
  do {
    const page = await metadataStore.listNodes(runId, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** Of nodes that have succeeded: those that others still read, and those that have a hook. */
async function readDetails(metadataStore: MetadataStore, run: NewRun, states: ReadonlyMap<string, NodeState>) {
  const wanted = new Set<string>();
  for (const node of run.plan.nodes) {
    const state = states.get(node.id);
    const hasHook = state === 'succeeded' && node.hooks.includes('onSuccess');
    if (hasHook) wanted.add(node.id);
    else if (state !== undefined && isSuccess(state)) continue;
    for (const { node: producer } of Object.values(node.inputs)) {
      if (isSuccess(states.get(producer) ?? 'pending')) wanted.add(producer);
    }
  }
  const details = new Map<string, NonNullable<Awaited<ReturnType<MetadataStore['getNode']>>>>();
  for (const nodeId of wanted) {
    const detail = await metadataStore.getNode(run.id, nodeId);
    if (detail !== undefined) details.set(nodeId, detail);
  }
  return details;
}
