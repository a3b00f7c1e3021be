import assert from 'node:assert/strict';
import type { MetadataStore } from '@mlstack/core/flavor';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import type { MetadataStoreSubject } from './metadata-store-probes.ts';
import { completeRun, createDrivenRun, pageAt, readPages, takeFromCache } from './metadata-store-probes.ts';
import { artifactStoreId, nodeStarted, nodeSucceeded, sampleOutput, sampleRun, ttlMs } from './sample-run.ts';

export const artifactCases: ConformanceCase<MetadataStoreSubject>[] = [
  {
    id: 'lists-artifacts-newest-first-by-run-node-pipeline-and-output',
    async verify({ store }) {
      const one = await completeRun(store, { pipeline: 'one' });
      const two = await completeRun(store, { pipeline: 'two' });
      const list = async (options: Parameters<MetadataStore['listArtifacts']>[0]) =>
        (await readPages((cursor) => store.listArtifacts({ ...options, ...pageAt(2, cursor) }))).map(({ id }) => id);
      const idsOf = ({ outputs }: typeof one) => [outputs.test.id, outputs.train.id, outputs.load.id];
      assert.deepEqual(await list({}), [...idsOf(two), ...idsOf(one)]);
      assert.deepEqual(await list({ runId: one.run.id }), idsOf(one));
      assert.deepEqual(await list({ pipeline: 'two' }), idsOf(two));
      assert.deepEqual(await list({ nodeId: 'train' }), [two.outputs.train.id, one.outputs.train.id]);
      assert.deepEqual(await list({ output: 'output' }), [...idsOf(two), ...idsOf(one)]);
      assert.deepEqual(await list({ output: 'nothing' }), []);
      assert.deepEqual(await list({ pipeline: 'one', nodeId: 'load', output: 'output' }), [one.outputs.load.id]);
      assert.deepEqual(await list({ runId: one.run.id, nodeId: 'load' }), [one.outputs.load.id]);
      assert.deepEqual(await list({ runId: one.run.id, pipeline: 'two' }), []);
    },
  },
  {
    id: 'tells-who-made-and-who-read-an-artifact',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store);
      const later = await takeFromCache(store, run);
      await store.record(later.lease, [nodeStarted('train', { data: outputs.load.id })], ttlMs);
      assert.deepEqual(await store.listInputs(run.id, 'test'), [
        { runId: run.id, nodeId: 'test', input: 'data', artifactId: outputs.load.id },
        { runId: run.id, nodeId: 'test', input: 'model', artifactId: outputs.train.id },
      ]);
      assert.deepEqual(await store.listInputs(run.id, 'load'), []);
      const readers = await readPages((cursor) => store.listReaders(outputs.load.id, pageAt(1, cursor)));
      assert.deepEqual(
        readers.map(({ runId, nodeId, input }) => [runId, nodeId, input]).toSorted(),
        [
          [later.run.id, 'train', 'data'],
          [run.id, 'test', 'data'],
          [run.id, 'train', 'data'],
        ].toSorted(),
      );
      assert.equal(readers[0]?.runId, later.run.id, 'newest run first');
    },
  },
  {
    id: 'finds-what-can-be-taken-from-the-cache',
    async verify({ store }) {
      const first = await completeRun(store, { cacheKey: 'same' });
      const second = await completeRun(store, { cacheKey: 'same' });
      const elsewhere = await completeRun(store, { cacheKey: 'same', storeId: 'another-store' });
      const found = await store.findCached('same-train', artifactStoreId);
      assert.ok(found?.runId === second.run.id || found?.runId === first.run.id);
      assert.equal(found.outputs.output?.storeId, artifactStoreId);
      assert.equal((await store.findCached('same-train', 'another-store'))?.runId, elsewhere.run.id);
      assert.equal(await store.findCached('other', artifactStoreId), undefined);
      assert.equal(await store.findCached('same-train', 'third-store'), undefined);
    },
  },
  {
    id: 'takes-only-what-succeeded-from-the-cache',
    async verify({ store }) {
      const { lease } = await createDrivenRun(store);
      await store.record(lease, [nodeStarted('load', {}, 'k')], ttlMs);
      assert.equal(await store.findCached('k', artifactStoreId), undefined);
      await store.record(
        lease,
        [
          {
            kind: 'node-ended',
            nodeId: 'load',
            attempt: 1,
            state: 'failed',
            outputs: {},
            startedAt: '2026-01-01T00:00:00.000Z',
            endedAt: '2026-01-01T00:00:01.000Z',
          },
        ],
        ttlMs,
      );
      assert.equal(await store.findCached('k', artifactStoreId), undefined);
    },
  },
  {
    id: 'gives-a-cached-node-the-artifacts-it-took',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store);
      const later = await takeFromCache(store, run);
      const node = await store.getNode(later.run.id, 'load');
      assert.deepEqual(
        [node?.state, node?.attempts, node?.reason, node?.cachedFrom],
        ['cached', 0, 'nothing changed', { runId: run.id, nodeId: 'load' }],
      );
      assert.equal(node?.outputs.output?.id, outputs.load.id);
      assert.equal(node?.outputs.output?.runId, run.id);
      assert.deepEqual((await store.getRun(later.run.id)).counts, { pending: 2, cached: 1 });
      assert.deepEqual(
        (await store.listArtifacts({ runId: later.run.id })).items.map(({ id }) => id),
        [outputs.load.id],
      );
      assert.equal((await store.findCached(`${run.id}-load`, artifactStoreId))?.runId, run.id);
    },
  },
  {
    id: 'takes-nothing-damaged-from-the-cache',
    async verify({ store }) {
      const whole = await completeRun(store, { cacheKey: 'same' });
      const { run, outputs } = await completeRun(store, { cacheKey: 'same' });
      const later = await takeFromCache(store, run);
      const damaged = { kind: 'artifact-damaged', artifactId: outputs.load.id } as const;
      await store.record(later.lease, [damaged, { ...damaged, artifactId: 'not-recorded' }], ttlMs);
      assert.equal((await store.findCached('same-load', artifactStoreId))?.runId, whole.run.id);
      assert.equal(await store.findCached(`${run.id}-load`, artifactStoreId), undefined);
      assert.equal((await store.findCached('same-test', artifactStoreId))?.runId, run.id);
      assert.equal((await store.getNode(later.run.id, 'load'))?.outputs.output?.id, outputs.load.id);
      assert.equal((await store.getArtifact(outputs.load.id))?.sha256, outputs.load.sha256);
      const damagedOf = async (runId: string) =>
        (await store.listNodes(runId)).items.filter(({ damaged }) => damaged === true).map(({ nodeId }) => nodeId);
      assert.deepEqual(await damagedOf(run.id), ['load']);
      assert.deepEqual(await damagedOf(later.run.id), ['load']);
      assert.deepEqual(await damagedOf(whole.run.id), []);
      assert.equal((await store.getNode(later.run.id, 'load'))?.damaged, true);
      assert.equal((await store.getNode(run.id, 'test'))?.damaged, undefined);
    },
  },
  {
    id: 'starts-over-what-made-something-damaged',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store, { cacheKey: 'same' });
      const later = await takeFromCache(store, run);
      const made = sampleOutput('runs/made-again');
      const reset = { kind: 'node-reset', nodeId: 'load', discardsSuccess: true } as const;
      const takesIt = nodeStarted('train', { data: outputs.load.id });
      await store.record(
        later.lease,
        [takesIt, { kind: 'artifact-damaged', artifactId: outputs.load.id }, reset],
        ttlMs,
      );
      const waiting = await store.getNode(later.run.id, 'load');
      assert.deepEqual([waiting?.state, waiting?.outputs, waiting?.cachedFrom], ['pending', {}, undefined]);
      assert.equal(waiting?.damaged, undefined);
      await store.record(later.lease, [nodeStarted('load'), nodeSucceeded('load', { output: made })], ttlMs);
      const again = await store.getNode(later.run.id, 'load');
      assert.deepEqual([again?.state, again?.outputs.output?.id, again?.damaged], ['succeeded', made.id, undefined]);
      assert.deepEqual(
        (await store.listArtifacts({ runId: later.run.id })).items.map(({ id }) => id),
        [made.id],
      );
      assert.ok((await store.findReferencedKeys([outputs.load.key])).has(outputs.load.key));
      const firstRemoved = (await store.deleteRun(run.id)).map(({ id }) => id);
      assert.ok(!firstRemoved.includes(outputs.load.id));
      assert.equal((await store.getArtifact(outputs.load.id))?.id, outputs.load.id);
      await store.record(later.lease, [reset], ttlMs);
      await store.releaseLease(later.lease);
      const lastRemoved = (await store.deleteRun(later.run.id)).map(({ id }) => id);
      assert.deepEqual(lastRemoved.sort(), [outputs.load.id, made.id].sort());
      assert.equal(await store.getArtifact(outputs.load.id), undefined);
    },
  },
  {
    id: 'finds-what-the-same-node-did-before',
    async verify({ store }) {
      const first = await completeRun(store);
      const second = await completeRun(store);
      await completeRun(store, { pipeline: 'other' });
      const { run: third, lease } = await createDrivenRun(store);
      await store.record(lease, [nodeStarted('load')], ttlMs);
      const last = sampleRun();
      await store.createRun(last);
      const before = async (runId: string) => (await store.findPrevious('digits', 'load', { runId }))?.runId;
      assert.equal(await before(last.id), second.run.id);
      assert.equal(await before(third.id), second.run.id);
      assert.equal(await before(second.run.id), first.run.id);
      assert.equal(await before(first.run.id), undefined);
      assert.equal(await store.findPrevious('digits', 'new_step', { runId: last.id }), undefined);
    },
  },
  {
    id: 'deletes-a-run-and-tells-what-nobody-refers-to-any-more',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store);
      const kept = await completeRun(store);
      const removed = await store.deleteRun(run.id);
      assert.deepEqual(
        removed.map(({ id }) => id).toSorted(),
        Object.values(outputs)
          .map(({ id }) => id)
          .toSorted(),
      );
      await rejectsWith('RUN_NOT_FOUND', store.getRun(run.id));
      assert.equal(await store.getNode(run.id, 'load'), undefined);
      assert.equal(await store.getArtifact(outputs.load.id), undefined);
      assert.equal(await store.findCached(`${run.id}-load`, artifactStoreId), undefined);
      assert.deepEqual(
        (await store.listRuns()).items.map(({ id }) => id),
        [kept.run.id],
      );
      assert.equal((await store.listArtifacts()).items.length, 3);
      assert.equal(await store.countArtifacts(artifactStoreId), 3);
      await store.createRun(sampleRun({ name: run.name }));
    },
  },
  {
    id: 'keeps-artifacts-of-a-deleted-run-that-another-took-from-the-cache',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store);
      const later = await takeFromCache(store, run);
      const removed = await store.deleteRun(run.id);
      assert.deepEqual(removed.map(({ nodeId }) => nodeId).toSorted(), ['test', 'train']);
      assert.equal((await store.getArtifact(outputs.load.id))?.runId, run.id);
      assert.equal((await store.getNode(later.run.id, 'load'))?.outputs.output?.id, outputs.load.id);
      assert.equal((await store.findCached(`${run.id}-load`, artifactStoreId))?.runId, later.run.id);
      await store.releaseLease(later.lease);
      assert.deepEqual(
        (await store.deleteRun(later.run.id)).map(({ id }) => id),
        [outputs.load.id],
      );
      assert.equal(await store.getArtifact(outputs.load.id), undefined);
    },
  },
  {
    id: 'does-not-delete-a-run-that-somebody-drives',
    async verify({ store, open }) {
      const { run, lease } = await createDrivenRun(store);
      await rejectsWith('RUN_IS_ACTIVE', (await open()).deleteRun(run.id));
      await store.record(lease, [nodeStarted('load')], ttlMs);
      await store.releaseLease(lease);
      await store.deleteRun(run.id);
    },
  },
  {
    id: 'tells-which-keys-runs-and-bundles-are-still-needed',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store, { codeDigest: 'one' });
      const pending = sampleRun({ codeDigest: 'two' });
      await store.createRun(pending);
      const keys = await store.findReferencedKeys([outputs.load.key, 'nothing', outputs.test.key]);
      assert.deepEqual([...keys].toSorted(), [outputs.load.key, outputs.test.key].toSorted());
      const runs = await store.findRuns([run.id, 'nothing', pending.id]);
      const [{ createdAt, endedAt }, { createdAt: since }] = await Promise.all([
        store.getRun(run.id),
        store.getRun(pending.id),
      ]);
      assert.deepEqual(
        [...runs],
        [
          [run.id, { createdAt, endedAt, codeDigest: 'one' }],
          [pending.id, { createdAt: since, codeDigest: 'two' }],
        ],
      );
      assert.deepEqual([...(await store.findReferencedCode(['one', 'two', 'three']))], ['one', 'two']);
      const uncompleted = await store.findReferencedCode(['one', 'two', 'three'], { uncompleted: true });
      assert.deepEqual([...uncompleted], ['two']);
      assert.equal(await store.countArtifacts(artifactStoreId), 3);
      assert.equal(await store.countArtifacts('another-store'), 0);
    },
  },
];
