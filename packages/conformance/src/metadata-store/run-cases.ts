import assert from 'node:assert/strict';
import type { MetadataStore } from '@mlstack/core/flavor';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import type { MetadataStoreSubject } from './metadata-store-probes.ts';
import { completeRun, pageAt, readPages } from './metadata-store-probes.ts';
import { artifactStoreId, holder, nodeStarted, sampleRun, ttlMs } from './sample-run.ts';

export const runCases: ConformanceCase<MetadataStoreSubject>[] = [
  {
    id: 'has-an-id-that-stays',
    async verify({ store, open }) {
      const id = await store.storeId();
      assert.match(id, /^[a-z0-9-]+$/);
      assert.equal(await store.storeId(), id);
      assert.equal(await (await open()).storeId(), id);
    },
  },
  {
    id: 'gives-back-a-run-as-it-was-created',
    async verify({ store, open }) {
      const run = sampleRun();
      await store.createRun(run);
      for (const found of [await store.getRun(run.id), await (await open()).getRun(run.name)]) {
        assert.deepEqual(found.record, run);
        assert.equal(found.state, 'pending');
        assert.equal(found.nodes, 3);
        assert.deepEqual(found.counts, { pending: 3 });
        assert.equal(found.pipeline, 'digits');
        assert.equal(found.stack, 'default');
        assert.equal(found.lease, undefined);
        assert.ok(Math.abs(Date.parse(found.createdAt) - Date.now()) < 600_000, found.createdAt);
      }
      const nodes = await store.listNodes(run.id);
      assert.deepEqual(
        nodes.items.map(({ nodeId, state, attempts }) => [nodeId, state, attempts]),
        [
          ['load', 'pending', 0],
          ['train', 'pending', 0],
          ['test', 'pending', 0],
        ],
      );
    },
  },
  {
    id: 'refuses-a-name-that-is-taken-and-changes-nothing',
    async verify({ store }) {
      const run = sampleRun({ name: 'mine' });
      await store.createRun(run);
      await rejectsWith('RUN_NAME_TAKEN', store.createRun(sampleRun({ name: 'mine', pipeline: 'another' })));
      assert.deepEqual(
        (await store.listRuns()).items.map(({ id }) => id),
        [run.id],
      );
      assert.deepEqual(
        (await store.listPipelines()).items.map(({ name, runs }) => [name, runs]),
        [['digits', 1]],
      );
    },
  },
  {
    id: 'lets-one-of-many-creators-at-once-have-a-name',
    async verify({ store, open }) {
      const other = await open();
      const created = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) => (index % 2 ? store : other).createRun(sampleRun({ name: 'mine' }))),
      );
      assert.equal(created.filter(({ status }) => status === 'fulfilled').length, 1);
    },
  },
  {
    id: 'says-that-a-run-is-not-there',
    async verify({ store }) {
      await rejectsWith('RUN_NOT_FOUND', store.getRun('nothing'));
      await rejectsWith('RUN_NOT_FOUND', store.listNodes('nothing'));
      await rejectsWith('RUN_NOT_FOUND', store.takeLease('nothing', holder, { ttlMs }));
      await rejectsWith('RUN_NOT_FOUND', store.appendRequest('nothing', 'stop'));
      await rejectsWith('RUN_NOT_FOUND', store.deleteRun('nothing'));
      assert.equal(await store.getNode('nothing', 'load'), undefined);
      assert.equal(await store.getArtifact('nothing'), undefined);
    },
  },
  {
    id: 'lists-runs-newest-first-by-pages',
    async verify({ store }) {
      const runs = Array.from({ length: 7 }, () => sampleRun());
      for (const run of runs) await store.createRun(run);
      const expected = runs.map(({ id }) => id).toReversed();
      for (const limit of [1, 2, 3, 7, 8]) {
        const listed = await readPages((cursor) => store.listRuns(pageAt(limit, cursor)));
        assert.deepEqual(
          listed.map(({ id }) => id),
          expected,
          `pages of ${limit}`,
        );
      }
      const first = await store.listRuns({ limit: 3 });
      await store.createRun(sampleRun());
      const second = await store.listRuns({ limit: 3, cursor: first.next ?? '' });
      assert.deepEqual(
        second.items.map(({ id }) => id),
        expected.slice(3, 6),
        'a new run moves no page',
      );
      assert.equal((await store.listRuns({ limit: 8 })).next, undefined);
    },
  },
  {
    id: 'lists-runs-by-pipeline-stack-and-state',
    async verify({ store }) {
      const { run: done } = await completeRun(store, { pipeline: 'digits', stack: 'default' });
      const digits = sampleRun({ pipeline: 'digits', stack: 'cloud' });
      const words = sampleRun({ pipeline: 'words', stack: 'cloud' });
      await store.createRun(digits);
      await store.createRun(words);
      const list = async (options: Parameters<MetadataStore['listRuns']>[0]) =>
        (await store.listRuns(options)).items.map(({ id }) => id);
      assert.deepEqual(await list({ pipeline: 'digits' }), [digits.id, done.id]);
      assert.deepEqual(await list({ stack: 'cloud' }), [words.id, digits.id]);
      assert.deepEqual(await list({ state: 'completed' }), [done.id]);
      assert.deepEqual(await list({ state: 'pending', stack: 'cloud' }), [words.id, digits.id]);
      assert.deepEqual(await list({ pipeline: 'digits', stack: 'cloud' }), [digits.id]);
      assert.deepEqual(await list({ pipeline: 'digits', state: 'completed' }), [done.id]);
      assert.deepEqual(await list({ pipeline: 'digits', stack: 'default', state: 'completed' }), [done.id]);
      assert.deepEqual(await list({ pipeline: 'nothing' }), []);
    },
  },
  {
    id: 'lists-pipelines-by-name-with-their-last-run',
    async verify({ store }) {
      await store.createRun(sampleRun({ pipeline: 'b' }));
      const last = sampleRun({ pipeline: 'b' });
      await store.createRun(last);
      for (const pipeline of ['c', 'a']) await store.createRun(sampleRun({ pipeline }));
      const listed = await readPages((cursor) => store.listPipelines(pageAt(2, cursor)));
      assert.deepEqual(
        listed.map(({ name, runs }) => [name, runs]),
        [
          ['a', 1],
          ['b', 2],
          ['c', 1],
        ],
      );
      assert.equal(listed[1]?.lastRun.id, last.id);
      await store.deleteRun(last.id);
      for (const run of (await store.listRuns({ pipeline: 'c' })).items) await store.deleteRun(run.id);
      const left = (await store.listPipelines()).items;
      assert.deepEqual(
        left.map(({ name, runs }) => [name, runs]),
        [
          ['a', 1],
          ['b', 1],
        ],
      );
      assert.notEqual(left[1]?.lastRun.id, last.id);
    },
  },
  {
    id: 'refuses-limits-and-cursors-that-are-none',
    async verify({ store }) {
      const { run, outputs } = await completeRun(store);
      const lists: ((options: { limit?: number; cursor?: string }) => Promise<unknown>)[] = [
        (options) => store.listRuns(options),
        (options) => store.listNodes(run.id, options),
        (options) => store.listPipelines(options),
        (options) => store.listArtifacts(options),
        (options) => store.listReaders(outputs.load.id, options),
      ];
      for (const list of lists) {
        for (const limit of [0, -1, 1.5, Number.NaN]) await rejectsWith('VALIDATION_FAILED', list({ limit }));
        for (const cursor of ['', 'x', '💥', "'; DROP TABLE runs; --"])
          await rejectsWith('VALIDATION_FAILED', list({ cursor }));
      }
    },
  },
  {
    id: 'takes-writes-of-several-runs-at-once',
    async verify({ store, open }) {
      const stores = [store, await open(), await open()];
      const runs = await Promise.all(stores.map((each) => completeRun(each)));
      for (const { run } of runs) assert.deepEqual((await store.getRun(run.id)).counts, { succeeded: 3 });
      assert.equal(await store.countArtifacts(artifactStoreId), 9);
    },
  },
  {
    id: 'takes-text-of-any-kind',
    async verify({ store }) {
      const hostile = `'; DROP TABLE runs; -- \u0000 \u{1f4a5} ${'x'.repeat(10_000)}`;
      const run = sampleRun({ name: hostile.replace('\u0000', ''), pipeline: "it's", stack: '"quoted"' });
      await store.createRun(run);
      const lease = await store.takeLease(run.id, holder, { ttlMs });
      await store.record(
        lease,
        [
          nodeStarted('load'),
          { kind: 'attempt-failed', nodeId: 'load', attempt: 1, error: { name: 'Error', message: hostile } },
        ],
        ttlMs,
      );
      assert.equal((await store.getRun(run.name)).pipeline, "it's");
      assert.equal((await store.getNode(run.id, 'load'))?.error?.message, hostile);
    },
  },
];
