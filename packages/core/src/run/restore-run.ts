import type { ArtifactRecord } from '../artifact/artifact-record.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import type { NewRun, NodeDetail, NodeRecord, NodeState } from './run-record.ts';
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
  /** Nodes that have not succeeded and start over. */
  readonly reset: readonly string[];
  /** Nodes that have succeeded and start over, since something they made is noted as damaged. */
  readonly damaged: readonly string[];
  /** What nodes have read that succeeded and that read what is made again: by node and input. */
  readonly unconfirmed: ReadonlyMap<string, ReadInputs>;
}

/** An input whose artifact is not recorded any more is missing. */
export type ReadInputs = Readonly<Record<string, ArtifactRecord | undefined>>;

const pageSize = 500;

/** Nothing recorded is changed by it. */
export async function restoreRun(metadataStore: MetadataStore, run: NewRun): Promise<RestoredRun> {
  const states = new Map<string, NodeState>();
  const attempts = new Map<string, number>();
  const reset: string[] = [];
  const damaged: string[] = [];
  for await (const { nodeId, state, attempts: count, ...node } of eachNode(metadataStore, run.id)) {
    if (count > 0) attempts.set(nodeId, count);
    if (node.damaged === true && isSuccess(state)) damaged.push(nodeId);
    else if (state === 'failed' || state === 'cancelled' || state === 'skipped') reset.push(nodeId);
    else if (state !== 'pending') states.set(nodeId, state);
  }
  const unconfirmed = new Set<string>();
  for (const nodeId of findReaders(run, states)) {
    if (states.get(nodeId) !== 'running') unconfirmed.add(nodeId);
    else if (states.delete(nodeId)) reset.push(nodeId);
  }
  const schedule = new RunSchedule(run.plan, states, unconfirmed);
  const details = await readDetails(metadataStore, run, states, unconfirmed);
  const dueHooks = run.plan.nodes
    .filter((node) => states.get(node.id) === 'succeeded' && node.hooks.includes('onSuccess'))
    .filter((node) => details.get(node.id)?.hooks.every((hook) => hook.role !== 'onSuccess'))
    .map((node) => ({ nodeId: node.id, role: 'onSuccess' as const }));
  return {
    schedule,
    attempts,
    outputs: new Map([...details].map(([nodeId, detail]) => [nodeId, detail.outputs])),
    interrupted: [...states].filter(([, state]) => state === 'running').map(([nodeId]) => nodeId),
    dueHooks,
    reset,
    damaged,
    unconfirmed: new Map(
      await Promise.all(
        [...unconfirmed].map(async (nodeId) => [nodeId, await readInputs(metadataStore, run.id, nodeId)] as const),
      ),
    ),
  };
}

/** Of the nodes that have a state those that read, directly or not, what a node without one makes. None, but where something is made again. */
function findReaders({ plan }: NewRun, states: ReadonlyMap<string, NodeState>): ReadonlySet<string> {
  const readers = new Map<string, string[]>();
  for (const { id, inputs } of plan.nodes) {
    if (!states.has(id)) continue;
    for (const { node } of Object.values(inputs)) {
      const known = readers.get(node);
      if (known === undefined) readers.set(node, [id]);
      else known.push(id);
    }
  }
  const found = new Set<string>();
  const queue = plan.nodes.filter(({ id }) => !states.has(id)).map(({ id }) => id);
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const further = (readers.get(id) ?? []).filter((reader) => !found.has(reader));
    for (const reader of further) found.add(reader);
    queue.push(...further);
  }
  return found;
}

async function readInputs(metadataStore: MetadataStore, runId: string, nodeId: string): Promise<ReadInputs> {
  const inputs: Record<string, ArtifactRecord | undefined> = {};
  for (const { input, artifactId } of await metadataStore.listInputs(runId, nodeId)) {
    inputs[input] = await metadataStore.getArtifact(artifactId);
  }
  return inputs;
}

async function* eachNode(metadataStore: MetadataStore, runId: string): AsyncGenerator<NodeRecord> {
  let cursor: string | undefined;
  do {
    const page = await metadataStore.listNodes(runId, { limit: pageSize, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** Of nodes that have succeeded: those that others still read or may read again, and those that have a hook. */
async function readDetails(
  metadataStore: MetadataStore,
  run: NewRun,
  states: ReadonlyMap<string, NodeState>,
  unconfirmed: ReadonlySet<string>,
) {
  const wanted = new Set<string>(unconfirmed);
  for (const node of run.plan.nodes) {
    const state = states.get(node.id);
    const hasHook = state === 'succeeded' && node.hooks.includes('onSuccess');
    if (hasHook) wanted.add(node.id);
    else if (state !== undefined && isSuccess(state) && !unconfirmed.has(node.id)) continue;
    for (const { node: producer } of Object.values(node.inputs)) {
      if (isSuccess(states.get(producer) ?? 'pending')) wanted.add(producer);
    }
  }
  const details = new Map<string, NodeDetail>();
  for (const nodeId of wanted) {
    const detail = await metadataStore.getNode(run.id, nodeId);
    if (detail !== undefined) details.set(nodeId, detail);
  }
  return details;
}
