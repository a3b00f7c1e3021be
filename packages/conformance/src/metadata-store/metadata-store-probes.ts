import type { Lease, MetadataStore, NewRun, Page } from '@mlstack/core/flavor';
import { artifactStoreId, holder, nodeStarted, nodeSucceeded, sampleOutput, sampleRun, ttlMs } from './sample-run.ts';

export interface MetadataStoreSubject {
  /** Empty at first. */
  readonly store: MetadataStore;
  /** A further instance of the component, as another process has one. */
  open(): Promise<MetadataStore>;
}

export async function createDrivenRun(
  store: MetadataStore,
  options: Parameters<typeof sampleRun>[0] = {},
): Promise<{ run: NewRun; lease: Lease }> {
  const run = sampleRun(options);
  return { run, lease: await store.createDrivenRun(run, holder, { ttlMs }) };
}

/** Runs all three nodes of the sample to their end; `cacheKey` is the prefix of their keys. */
export async function completeRun(
  store: MetadataStore,
  options: Parameters<typeof sampleRun>[0] & { readonly cacheKey?: string } = {},
) {
  const { run, lease } = await createDrivenRun(store, options);
  const storeId = options.storeId ?? artifactStoreId;
  const outputs = {
    load: sampleOutput(`${run.id}/load`, storeId),
    train: sampleOutput(`${run.id}/train`, storeId),
    test: sampleOutput(`${run.id}/test`, storeId),
  };
  const key = options.cacheKey ?? run.id;
  await store.record(
    lease,
    [
      nodeStarted('load', {}, `${key}-load`),
      nodeSucceeded('load', { output: outputs.load }),
      nodeStarted('train', { data: outputs.load.id }, `${key}-train`),
      nodeSucceeded('train', { output: outputs.train }),
      nodeStarted('test', { model: outputs.train.id, data: outputs.load.id }, `${key}-test`),
      nodeSucceeded('test', { output: outputs.test }),
      { kind: 'run-state', state: 'completed' },
    ],
    ttlMs,
  );
  await store.releaseLease(lease);
  return { run, lease, outputs };
}

export async function takeFromCache(
  store: MetadataStore,
  from: NewRun,
  inputs: Record<string, string> = {},
  nodeId = 'load',
) {
  const { run, lease } = await createDrivenRun(store);
  await store.record(
    lease,
    [
      {
        kind: 'node-cached',
        nodeId,
        inputs,
        cacheKey: `${from.id}-${nodeId}`,
        from: { runId: from.id, nodeId },
        reason: 'nothing changed',
      },
    ],
    ttlMs,
  );
  return { run, lease };
}

export async function readPages<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}

export function pageAt(limit: number, cursor: string | undefined) {
  return cursor === undefined ? { limit } : { limit, cursor };
}
