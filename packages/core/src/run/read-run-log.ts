import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { NodeNotFoundError } from '../errors/run-errors.ts';
import { suggestName } from '../nearest-name.ts';
import type { Project } from '../project/project.ts';
import { observeRun } from './observe-run-state.ts';
import { outputPrefix } from './output-keys.ts';
import { readStepLog } from './read-step-log.ts';
import type { HookRecord } from './run-record.ts';
import type { LogLine } from './step-log.ts';
import type { StepRequest } from './step-request.ts';

export interface ReadRunLogOptions {
  /** Node id. Default: all nodes, in plan order. */
  readonly node?: string;
  /** Default: the newest. */
  readonly attempt?: number;
  /** Wait for more until the run is over. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}
export interface RunLogLine extends LogLine {
  readonly nodeId: string;
  readonly attempt: number;
  /** Said by a hook of the step, not by the step itself. */
  readonly role?: HookRecord['role'];
}

/** Fails with `RunNotFoundError` or `NodeNotFoundError` when the first line is asked for. */
export async function* readRunLog(
  project: Project,
  idOrName: string,
  { node, attempt, follow = false, signal }: ReadRunLogOptions = {},
): AsyncGenerator<RunLogLine> {
  const { openSnapshot, openStack } = await import('../stack/open-stack.ts');
  const current = await openStack(project);
  try {
    const metadataStore = await current.component('metadata-store');
    const { id, name, record } = await metadataStore.getRun(idOrName);
    const nodeIds = record.plan.nodes.map((one) => one.id);
    if (node !== undefined && !nodeIds.includes(node)) {
      throw new NodeNotFoundError(name, node, suggestName(node, nodeIds));
    }
    const stack = openSnapshot(project, record.stack);
    try {
      const reading: Reading = {
        metadataStore,
        artifactStore: await stack.component('artifact-store'),
        metadataStoreIds: [await metadataStore.storeId(), ...(await metadataStore.earlierStoreIds())],
        runId: id,
        hooks: new Map(record.plan.nodes.filter(({ hooks }) => hooks.length > 0).map((one) => [one.id, one.hooks])),
        follow,
        signal,
      };
      if (node !== undefined) yield* readNode(reading, node, attempt);
      else if (follow) yield* mergeNodes(reading, nodeIds);
      else for (const nodeId of nodeIds) yield* readNode(reading, nodeId, attempt);
    } finally {
      await stack.close();
    }
  } finally {
    await current.close();
  }
}

interface Reading {
  readonly metadataStore: MetadataStore;
  readonly artifactStore: ArtifactStore;
  /** Under one of them lies what an attempt wrote. */
  readonly metadataStoreIds: readonly string[];
  readonly runId: string;
  /** Of nodes that have some. */
  readonly hooks: ReadonlyMap<string, readonly HookRecord['role'][]>;
  readonly follow: boolean;
  readonly signal: AbortSignal | undefined;
}

const pollMs = 500;

/** One attempt; while following, each attempt that comes. */
async function* readNode(reading: Reading, nodeId: string, wanted?: number): AsyncGenerator<RunLogLine> {
  const { metadataStore, runId, follow, signal } = reading;
  for (let attempt = wanted; ; ) {
    const node = await metadataStore.getNode(runId, nodeId);
    const newest = node?.attempts ?? 0;
    attempt ??= follow && node?.state === 'running' ? Math.max(1, newest) : newest;
    if (attempt > 0 && attempt <= newest) {
      yield* readAttempt(reading, nodeId, attempt);
      if (wanted !== undefined) return yield* readHooks(reading, nodeId, wanted);
      attempt += 1;
      continue;
    }
    if (!follow || (await isSettled(reading, nodeId))) return yield* readHooks(reading, nodeId, newest);
    if (attempt === 0) attempt = 1;
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

/** They ran after the step's last attempt. */
async function* readHooks(reading: Reading, nodeId: string, attempt: number): AsyncGenerator<RunLogLine> {
  for (const role of reading.hooks.get(nodeId) ?? []) {
    const goesOnAfter = role === 'onSuccess' ? 'succeeded' : 'failed';
    yield* readExecution(reading, { nodeId, attempt, role }, async () => {
      const node = await reading.metadataStore.getNode(reading.runId, nodeId);
      const ended = node?.hooks.find((hook) => hook.role === role);
      if (ended !== undefined) return ended.logChunks ?? 0;
      return node?.state !== goesOnAfter || (await isRunOver(reading)) ? 0 : undefined;
    });
  }
}

function readAttempt(reading: Reading, nodeId: string, attempt: number): AsyncGenerator<RunLogLine> {
  return readExecution(reading, { nodeId, attempt, role: 'step' }, async () => {
    const node = await reading.metadataStore.getNode(reading.runId, nodeId);
    if (node === undefined || node.attempts > attempt) return 0;
    if (node.state !== 'running') return node.logChunks ?? 0;
    // Whoever drove it is gone, and nothing more will come.
    return (await isRunOver(reading)) ? 0 : undefined;
  });
}

/** @param lastChunk as for `readStepLog`, while following. */
async function* readExecution(
  { artifactStore, metadataStoreIds, runId, follow, signal }: Reading,
  { nodeId, attempt, role }: Pick<StepRequest, 'nodeId' | 'attempt' | 'role'>,
  lastChunk: () => Promise<number | undefined>,
): AsyncGenerator<RunLogLine> {
  const options = { ...(follow ? { lastChunk } : {}), ...(signal === undefined ? {} : { signal }) };
  for (const metadataStoreId of metadataStoreIds) {
    const prefix = outputPrefix(metadataStoreId, { runId, nodeId, attempt, role });
    let isFound = false;
    for await (const line of readStepLog(artifactStore, prefix, options)) {
      isFound = true;
      yield { ...line, nodeId, attempt, ...(role === 'step' ? {} : { role }) };
    }
    if (isFound) return;
  }
}

/** All nodes at once, in the order in which their lines come. */
async function* mergeNodes(reading: Reading, nodeIds: readonly string[]): AsyncGenerator<RunLogLine> {
  const begun = new Set<string>();
  const lines: RunLogLine[] = [];
  const readers = new Set<Promise<void>>();
  let failure: unknown;
  const read = async (nodeId: string) => {
    for await (const line of readNode(reading, nodeId)) lines.push(line);
  };
  for (let isLast = false; ; ) {
    reading.signal?.throwIfAborted();
    isLast = await isRunOver(reading);
    for await (const nodeId of begunNodes(reading, nodeIds, begun)) {
      const reader: Promise<void> = read(nodeId)
        .catch((error: unknown) => {
          failure ??= error;
        })
        .finally(() => readers.delete(reader));
      readers.add(reader);
    }
    if (isLast) await Promise.all(readers);
    if (failure !== undefined) throw failure;
    yield* lines.splice(0);
    if (isLast) return;
    await sleep(pollMs, undefined, reading.signal === undefined ? {} : { signal: reading.signal });
  }
}

/** Those that have begun since the last call. */
async function* begunNodes(
  { metadataStore, runId }: Reading,
  nodeIds: readonly string[],
  begun: Set<string>,
): AsyncGenerator<string> {
  let cursor: string | undefined;
  while (begun.size < nodeIds.length) {
    const page = await metadataStore.listNodes(runId, { limit: 500, ...(cursor === undefined ? {} : { cursor }) });
    for (const { nodeId, attempts } of page.items) {
      if (attempts === 0 || begun.has(nodeId)) continue;
      begun.add(nodeId);
      yield nodeId;
    }
    cursor = page.next;
    if (cursor === undefined) return;
  }
}

async function isSettled(reading: Reading, nodeId: string): Promise<boolean> {
  const node = await reading.metadataStore.getNode(reading.runId, nodeId);
  return (node?.state !== 'pending' && node?.state !== 'running') || (await isRunOver(reading));
}

async function isRunOver({ metadataStore, runId }: Reading): Promise<boolean> {
  const { state } = observeRun(await metadataStore.getRun(runId));
  return state !== 'running' && state !== 'pending' && state !== 'waiting';
}
