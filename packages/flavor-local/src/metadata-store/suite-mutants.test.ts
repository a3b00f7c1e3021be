import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metadataStoreSuite } from '@mlstack/conformance';
import { afterEach, expect, test } from 'vitest';
import { SqliteMetadataStore } from './sqlite-metadata-store.ts';

const cleanUp: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const task of cleanUp.splice(0)) await task();
});

const right = SqliteMetadataStore.prototype;

/** What a store does wrong, by the case of the suite that must tell. */
const mutants: Record<string, (store: SqliteMetadataStore) => Partial<SqliteMetadataStore>> = {
  'has-an-id-that-stays': () => ({ storeId: async () => String(Math.random()).slice(2) }),
  'gives-back-a-run-as-it-was-created': (store) => ({
    createRun: (run) => right.createRun.call(store, { ...run, plan: { ...run.plan, params: null } }),
  }),
  'refuses-a-name-that-is-taken-and-changes-nothing': (store) => ({
    createRun: (run) => right.createRun.call(store, { ...run, name: run.id }),
  }),
  'gives-a-lease-to-one-driver-at-a-time': (store) => ({
    takeLease: (id, holder, { ttlMs }) => right.takeLease.call(store, id, holder, { ttlMs, isHolderDead: () => true }),
  }),
  'creates-a-run-under-the-lease-of-its-driver-or-not-at-all': (store) => ({
    async createDrivenRun(run) {
      await right.createRun.call(store, run);
      return { runId: run.id, epoch: 1 };
    },
  }),
  'gives-a-lease-to-one-of-many-that-want-it-at-once': () => ({ takeLease: async (runId) => ({ runId, epoch: 1 }) }),
  'takes-a-lease-from-a-holder-that-is-dead': (store) => ({
    takeLease: (id, holder, { ttlMs }) => right.takeLease.call(store, id, holder, { ttlMs }),
  }),
  'calls-a-run-crashed-whose-lease-has-expired': (store) => ({
    getRun: async (id) => ({ ...(await right.getRun.call(store, id)), state: 'running' }),
  }),
  'lets-a-late-driver-go-on-while-nobody-took-over': (store) => ({
    async record(lease, changes, ttlMs) {
      if ((await store.getRun(lease.runId)).state === 'crashed') throw new Error('too late');
      return right.record.call(store, lease, changes, ttlMs);
    },
  }),
  'refuses-everything-of-a-driver-that-lost-its-lease': (store) => ({
    async record(lease, changes, ttlMs) {
      const epoch = (await store.getRun(lease.runId)).lease?.epoch ?? lease.epoch;
      return right.record.call(store, { ...lease, epoch }, changes, ttlMs);
    },
  }),
  'refuses-a-lease-that-was-given-back-and-one-of-a-deleted-run': () => ({ releaseLease: async () => {} }),
  'records-a-node-from-start-to-end': (store) => ({
    async getNode(runId, nodeId) {
      const node = await right.getNode.call(store, runId, nodeId);
      return node === undefined ? undefined : { ...node, metadata: {} };
    },
  }),
  'takes-nothing-damaged-from-the-cache': (store) => ({
    async record(lease, changes, ttlMs) {
      const others = changes.filter(({ kind }) => kind !== 'artifact-damaged');
      return right.record.call(store, lease, others, ttlMs);
    },
  }),
  'starts-over-what-made-something-damaged': (store) => ({
    async deleteRun(runId) {
      const { items } = await store.listArtifacts({ runId });
      const removed = await right.deleteRun.call(store, runId);
      return removed.filter(({ id }) => items.some((item) => item.id === id));
    },
  }),
  'applies-all-changes-or-none': (store) => ({
    async record(lease, changes, ttlMs) {
      for (const change of changes) await right.record.call(store, lease, [change], ttlMs);
    },
  }),
  'drops-what-an-earlier-driver-was-asked': (store) => ({
    async takeLease(id, holder, options) {
      const lease = await right.takeLease.call(store, id, holder, options);
      if (lease.epoch > 1) await store.appendRequest(id, 'stop');
      return lease;
    },
  }),
  'keeps-requests-until-the-holder-consumes-them': () => ({ consumeRequest: async () => {} }),
  'lists-runs-newest-first-by-pages': (store) => ({
    async listRuns(options) {
      const { items, ...page } = await right.listRuns.call(store, options);
      return { ...page, items: items.toReversed() };
    },
  }),
  'lists-runs-by-pipeline-stack-and-state': (store) => ({
    listRuns: ({ stack: _, ...options } = {}) => right.listRuns.call(store, options),
  }),
  'refuses-limits-and-cursors-that-are-none': (store) => ({
    listRuns: ({ cursor: _, ...options } = {}) => right.listRuns.call(store, options),
  }),
  'tells-who-made-and-who-read-an-artifact': () => ({ listReaders: async () => ({ items: [] }) }),
  'finds-what-can-be-taken-from-the-cache': (store) => ({
    findCached: async (key, storeId) =>
      (await right.findCached.call(store, key, storeId)) ?? right.findCached.call(store, key, 'another-store'),
  }),
  'gives-a-cached-node-the-artifacts-it-took': (store) => ({
    async getNode(runId, nodeId) {
      const node = await right.getNode.call(store, runId, nodeId);
      return node?.state === 'cached' ? { ...node, outputs: {} } : node;
    },
  }),
  'finds-what-the-same-node-did-before': (store) => ({
    findPrevious: (pipeline, nodeId) => right.findPrevious.call(store, pipeline, nodeId, { runId: '' }),
  }),
  'keeps-artifacts-of-a-deleted-run-that-another-took-from-the-cache': (store) => ({
    async deleteRun(runId) {
      const { items } = await store.listArtifacts({ runId });
      await right.deleteRun.call(store, runId);
      return [...items];
    },
  }),
  'does-not-delete-a-run-that-somebody-drives': (store) => ({
    async deleteRun(runId) {
      const { lease } = await store.getRun(runId);
      if (lease !== undefined) await store.releaseLease({ runId, epoch: lease.epoch });
      return right.deleteRun.call(store, runId);
    },
  }),
  'tells-which-keys-runs-and-bundles-are-still-needed': () => ({ findReferencedKeys: async () => new Set() }),
};

test.each(Object.entries(mutants))('%s tells a store that does not', async (id, mutate) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-mutants-'));
  cleanUp.push(() => rmSync(folder, { recursive: true }));
  const open = () => {
    const store = new SqliteMetadataStore({
      id: '0',
      name: 'mutant',
      type: 'metadata-store',
      flavor: 'local',
      config: { path: join(folder, 'metadata.db') },
      context: { stateDirectory: join(folder, 'state') },
    });
    cleanUp.unshift(() => store.close());
    return Object.assign(store, mutate(store));
  };
  const found = metadataStoreSuite.cases.find((each) => each.id === id);
  await expect(found?.verify({ store: open(), open: async () => open() })).rejects.toThrow();
});
