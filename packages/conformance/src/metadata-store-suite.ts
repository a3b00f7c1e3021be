import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { Lease, MetadataStore, NewRun, Page, RunChange } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import type { ConformanceCase, ConformanceSuite } from './conformance-suite.ts';
import {
  artifactStoreId,
  holder,
  nodeStarted,
  nodeSucceeded,
  otherHolder,
  sampleNode,
  sampleOutput,
  sampleRun,
  ttlMs,
} from './sample-run.ts';

export interface MetadataStoreSubject {
  /** Empty at first. */
  readonly store: MetadataStore;
  /** A further instance of the component, as another process has one. */
  open(): Promise<MetadataStore>;
}

async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.fail(`nothing was thrown where ${code} was expected`),
    (thrown: unknown) => thrown,
  );
  assert.ok(MlstackError.is(error), `${error} is no MlstackError`);
  assert.equal(error.code, code);
}

async function createDrivenRun(
  store: MetadataStore,
  options: Parameters<typeof sampleRun>[0] = {},
): Promise<{ run: NewRun; lease: Lease }> {
  const run = sampleRun(options);
  await store.createRun(run);
  return { run, lease: await store.takeLease(run.id, holder, { ttlMs }) };
}

/** Runs all three nodes of the sample to their end; `cacheKey` is the prefix of their keys. */
async function completeRun(
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

async function takeFromCache(store: MetadataStore, from: NewRun, inputs: Record<string, string> = {}, nodeId = 'load') {
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

async function readPages<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return items;
}

function pageAt(limit: number, cursor: string | undefined) {
  return cursor === undefined ? { limit } : { limit, cursor };
}

const cases: ConformanceCase<MetadataStoreSubject>[] = [
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
    id: 'gives-a-lease-to-one-driver-at-a-time',
    async verify({ store, open }) {
      const other = await open();
      const { run, lease } = await createDrivenRun(store);
      assert.equal((await store.getRun(run.id)).state, 'running');
      const held = (await other.getRun(run.id)).lease;
      assert.deepEqual(
        { host: held?.host, boot: held?.boot, pid: held?.pid, processStart: held?.processStart },
        holder,
      );
      assert.equal(held?.epoch, lease.epoch);
      await rejectsWith('RUN_IS_DRIVEN', other.takeLease(run.id, otherHolder, { ttlMs }));
      await rejectsWith('RUN_IS_DRIVEN', other.takeLease(run.id, otherHolder, { ttlMs, isHolderDead: () => false }));
      await store.releaseLease(lease);
      const next = await other.takeLease(run.id, otherHolder, { ttlMs });
      assert.ok(next.epoch > lease.epoch);
    },
  },
  {
    id: 'gives-a-lease-to-one-of-many-that-want-it-at-once',
    async verify({ store, open }) {
      const stores = [store, await open(), await open()];
      const run = sampleRun();
      await store.createRun(run);
      const taken = await Promise.allSettled(
        Array.from({ length: 9 }, (_, index) =>
          (stores[index % 3] as MetadataStore).takeLease(run.id, { ...holder, pid: index }, { ttlMs }),
        ),
      );
      assert.equal(taken.filter(({ status }) => status === 'fulfilled').length, 1);
    },
  },
  {
    id: 'takes-a-lease-from-a-holder-that-is-dead',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const asked: unknown[] = [];
      const next = await store.takeLease(run.id, otherHolder, {
        ttlMs,
        isHolderDead: (found) => {
          asked.push(found);
          return found.pid === holder.pid;
        },
      });
      assert.deepEqual(asked, [holder]);
      assert.ok(next.epoch > lease.epoch);
    },
  },
  {
    id: 'calls-a-run-crashed-whose-lease-has-expired',
    async verify({ store }) {
      const run = sampleRun();
      await store.createRun(run);
      await store.takeLease(run.id, holder, { ttlMs: 30 });
      await setTimeout(60);
      assert.equal((await store.getRun(run.id)).state, 'crashed');
      assert.equal((await store.getRun(run.id)).lease, undefined);
      assert.deepEqual(
        (await store.listRuns({ state: 'crashed' })).items.map(({ id, state }) => [id, state]),
        [[run.id, 'crashed']],
      );
      assert.deepEqual((await store.listRuns({ state: 'running' })).items, []);
      await store.takeLease(run.id, otherHolder, { ttlMs });
      assert.equal((await store.getRun(run.id)).state, 'running');
      assert.deepEqual((await store.listRuns({ state: 'crashed' })).items, []);
      assert.equal((await store.listRuns({ state: 'running' })).items.length, 1);
    },
  },
  {
    id: 'lets-a-late-driver-go-on-while-nobody-took-over',
    async verify({ store }) {
      const run = sampleRun();
      await store.createRun(run);
      const lease = await store.takeLease(run.id, holder, { ttlMs: 10 });
      await setTimeout(30);
      await store.record(lease, [nodeStarted('load')], ttlMs);
      assert.equal((await store.getRun(run.id)).state, 'running');
    },
  },
  {
    id: 'refuses-everything-of-a-driver-that-lost-its-lease',
    async verify({ store, open }) {
      const other = await open();
      const run = sampleRun();
      await store.createRun(run);
      const lost = await store.takeLease(run.id, holder, { ttlMs: 10 });
      await setTimeout(30);
      const lease = await other.takeLease(run.id, otherHolder, { ttlMs });
      await rejectsWith('LEASE_LOST', store.renewLease(lost, ttlMs));
      await rejectsWith(
        'LEASE_LOST',
        store.record(lost, [nodeStarted('load'), { kind: 'run-state', state: 'failed' }], ttlMs),
      );
      await rejectsWith('LEASE_LOST', store.record(lost, [], ttlMs));
      await rejectsWith('LEASE_LOST', store.consumeRequest(lost, 'x'));
      await store.releaseLease(lost);
      const found = await store.getRun(run.id);
      assert.deepEqual(found.counts, { pending: 3 });
      assert.equal(found.state, 'running');
      assert.equal(found.lease?.epoch, lease.epoch);
      await other.record(lease, [nodeStarted('load')], ttlMs);
    },
  },
  {
    id: 'refuses-a-lease-that-was-given-back-and-one-of-a-deleted-run',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      await store.releaseLease(lease);
      await rejectsWith('LEASE_LOST', store.record(lease, [nodeStarted('load')], ttlMs));
      await store.deleteRun(run.id);
      await rejectsWith('LEASE_LOST', store.renewLease(lease, ttlMs));
      await store.releaseLease(lease);
    },
  },
  {
    id: 'calls-a-waiting-run-waiting-though-nobody-drives-it',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      await store.record(lease, [{ kind: 'run-state', state: 'waiting' }], ttlMs);
      await store.releaseLease(lease);
      assert.equal((await store.getRun(run.id)).state, 'waiting');
      assert.equal((await store.listRuns({ state: 'waiting' })).items.length, 1);
    },
  },
  {
    id: 'records-a-node-from-start-to-end',
    async verify({ store, open }) {
      const { run, lease } = await createDrivenRun(store);
      await store.record(lease, [nodeStarted('load')], ttlMs);
      const started = await store.getNode(run.id, 'load');
      assert.equal(started?.state, 'running');
      assert.equal(started.attempts, 1);
      assert.equal(started.reason, 'first run');
      assert.equal(started.cacheKey, 'key-of-load');
      assert.deepEqual(started.cacheParts, { code: 'abc' });
      assert.ok(started.startedAt !== undefined && started.endedAt === undefined);
      assert.deepEqual((await store.getRun(run.id)).counts, { pending: 2, running: 1 });
      const output = sampleOutput('runs/load');
      await store.record(lease, [nodeSucceeded('load', { output })], ttlMs);
      const ended = await (await open()).getNode(run.id, 'load');
      const { id, storeId, ...stored } = output;
      assert.equal(ended?.state, 'succeeded');
      assert.equal(ended.endedAt, '2026-01-01T00:00:01.500Z');
      assert.equal(ended.cpuMs, 12.5);
      assert.equal(ended.peakMemoryBytes, 1_000_000);
      assert.deepEqual(ended.metadata, { accuracy: 0.97 });
      assert.equal(ended.logChunks, 2);
      assert.deepEqual(Object.keys(ended.outputs), ['output']);
      const artifact = await store.getArtifact(id);
      assert.deepEqual(ended.outputs.output, artifact);
      assert.deepEqual(
        { ...artifact, createdAt: '' },
        { ...stored, id, storeId, runId: run.id, nodeId: 'load', output: 'output', createdAt: '' },
      );
      assert.deepEqual((await store.getRun(run.id)).counts, { pending: 2, succeeded: 1 });
    },
  },
  {
    id: 'records-failed-attempts-errors-and-hooks',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const error = {
        name: 'TypeError',
        message: 'no',
        stack: 'at x',
        cause: { name: 'Error', message: 'deep', code: 'E' },
      };
      await store.record(
        lease,
        [nodeStarted('load'), { kind: 'attempt-failed', nodeId: 'load', attempt: 1, error }],
        ttlMs,
      );
      assert.deepEqual((await store.getNode(run.id, 'load'))?.error, error);
      await store.record(lease, [{ kind: 'node-started', nodeId: 'load', attempt: 2, inputs: {} }], ttlMs);
      await store.record(
        lease,
        [
          {
            kind: 'node-ended',
            nodeId: 'load',
            attempt: 2,
            state: 'failed',
            outputs: {},
            error,
            startedAt: '2026-01-01T00:00:00.000Z',
            endedAt: '2026-01-01T00:00:01.000Z',
          },
          { kind: 'hook-ended', nodeId: 'load', hook: { role: 'onFailure', outcome: 'failed', error } },
          { kind: 'node-skipped', nodeId: 'train', reason: 'load failed' },
          { kind: 'node-skipped', nodeId: 'test', reason: 'load failed' },
          { kind: 'run-state', state: 'failed', error },
        ],
        ttlMs,
      );
      const node = await store.getNode(run.id, 'load');
      assert.equal(node?.state, 'failed');
      assert.equal(node.attempts, 2);
      assert.deepEqual(node.error, error);
      assert.deepEqual(node.hooks, [{ role: 'onFailure', outcome: 'failed', error }]);
      const skipped = await store.getNode(run.id, 'train');
      assert.deepEqual([skipped?.state, skipped?.reason, skipped?.attempts], ['skipped', 'load failed', 0]);
      const found = await store.getRun(run.id);
      assert.deepEqual([found.state, found.error, found.counts], ['failed', error, { failed: 1, skipped: 2 }]);
      assert.ok(found.endedAt !== undefined);
    },
  },
  {
    id: 'starts-over-what-failed-in-a-run-that-is-resumed',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const error = { name: 'Error', message: 'no' };
      await store.record(
        lease,
        [
          nodeStarted('load'),
          {
            kind: 'node-ended',
            nodeId: 'load',
            attempt: 1,
            state: 'failed',
            outputs: {},
            error,
            startedAt: '2026-01-01T00:00:00.000Z',
            endedAt: '2026-01-01T00:00:01.000Z',
          },
          { kind: 'node-skipped', nodeId: 'train', reason: 'x' },
          { kind: 'run-state', state: 'failed', error },
        ],
        ttlMs,
      );
      await store.releaseLease(lease);
      const next = await store.takeLease(run.id, holder, { ttlMs });
      await store.record(
        next,
        [
          { kind: 'run-state', state: 'running' },
          { kind: 'node-reset', nodeId: 'load' },
          { kind: 'node-reset', nodeId: 'train' },
        ],
        ttlMs,
      );
      const found = await store.getRun(run.id);
      assert.deepEqual(
        [found.state, found.error, found.endedAt, found.counts],
        ['running', undefined, undefined, { pending: 3 }],
      );
      const node = await store.getNode(run.id, 'load');
      assert.deepEqual([node?.state, node?.attempts, node?.error, node?.endedAt], ['pending', 1, undefined, undefined]);
    },
  },
  {
    id: 'applies-all-changes-or-none',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const impossible: RunChange[][] = [
        [nodeStarted('load'), nodeStarted('no-such-node')],
        [nodeStarted('load'), nodeStarted('train', { data: 'no-such-artifact' })],
        [
          nodeStarted('load'),
          {
            kind: 'node-cached',
            nodeId: 'train',
            inputs: {},
            cacheKey: 'k',
            from: { runId: 'gone', nodeId: 'train' },
            reason: 'x',
          },
        ],
      ];
      for (const changes of impossible) await rejectsWith('METADATA_STORE_FAILED', store.record(lease, changes, ttlMs));
      assert.deepEqual((await store.getRun(run.id)).counts, { pending: 3 });
      assert.equal((await store.getNode(run.id, 'load'))?.state, 'pending');
    },
  },
  {
    id: 'commits-no-second-outcome-of-a-node',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const first = sampleOutput('first');
      await store.record(lease, [nodeStarted('load'), nodeSucceeded('load', { output: first })], ttlMs);
      for (const change of [
        nodeSucceeded('load', { output: sampleOutput('second') }),
        nodeStarted('load'),
        { kind: 'node-reset', nodeId: 'load' } as const,
      ]) {
        await rejectsWith('METADATA_STORE_FAILED', store.record(lease, [change], ttlMs));
      }
      assert.equal((await store.getNode(run.id, 'load'))?.outputs.output?.id, first.id);
      assert.equal(await store.countArtifacts(artifactStoreId), 1);
    },
  },
  {
    id: 'extends-and-replaces-a-plan',
    async verify({ store }) {
      const { run, lease } = await createDrivenRun(store);
      const added = [sampleNode('map_1'), sampleNode('map_2')];
      await store.record(lease, [{ kind: 'plan-extended', nodes: added }, nodeStarted('map_2')], ttlMs);
      await store.record(lease, [{ kind: 'plan-extended', nodes: [sampleNode('map_3')] }], ttlMs);
      const found = await store.getRun(run.id);
      assert.deepEqual(found.record.plan.nodes, [...run.plan.nodes, ...added, sampleNode('map_3')]);
      assert.deepEqual([found.nodes, found.counts], [6, { pending: 5, running: 1 }]);
      assert.deepEqual(
        (await store.listNodes(run.id)).items.map(({ nodeId }) => nodeId),
        ['load', 'train', 'test', 'map_1', 'map_2', 'map_3'],
      );
      await rejectsWith(
        'METADATA_STORE_FAILED',
        store.record(lease, [{ kind: 'plan-extended', nodes: [sampleNode('load')] }], ttlMs),
      );
      const plan = { ...found.record.plan, codeDigest: 'd'.repeat(64) };
      await rejectsWith(
        'METADATA_STORE_FAILED',
        store.record(lease, [{ kind: 'plan-replaced', plan: run.plan }], ttlMs),
      );
      await store.record(lease, [{ kind: 'plan-replaced', plan }], ttlMs);
      assert.deepEqual((await store.getRun(run.id)).record.plan, plan);
      assert.deepEqual([...(await store.findReferencedCode(['c'.repeat(64), 'd'.repeat(64)]))], ['d'.repeat(64)]);
    },
  },
  {
    id: 'keeps-requests-until-the-holder-consumes-them',
    async verify({ store, open }) {
      const other = await open();
      const { run, lease } = await createDrivenRun(store);
      assert.deepEqual(await store.renewLease(lease, ttlMs), []);
      await other.appendRequest(run.id, 'stop');
      await other.appendRequest(run.id, 'stop');
      const waiting = await store.renewLease(lease, ttlMs);
      assert.deepEqual(
        waiting.map(({ kind }) => kind),
        ['stop', 'stop'],
      );
      await store.consumeRequest(lease, waiting[0]?.id ?? '');
      await store.consumeRequest(lease, waiting[0]?.id ?? '');
      assert.deepEqual(await store.renewLease(lease, ttlMs), waiting.slice(1));
      await store.record(lease, [{ kind: 'run-state', state: 'cancelled' }], ttlMs);
      await other.appendRequest(run.id, 'stop');
      assert.deepEqual(await store.renewLease(lease, ttlMs), [], 'a run that has ended has no requests');
    },
  },
  {
    id: 'keeps-a-request-to-a-run-that-nobody-drives-yet',
    async verify({ store }) {
      const run = sampleRun();
      await store.createRun(run);
      await store.appendRequest(run.id, 'stop');
      const lease = await store.takeLease(run.id, holder, { ttlMs });
      assert.equal((await store.renewLease(lease, ttlMs)).length, 1);
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
    id: 'lists-nodes-in-plan-order-by-pages',
    async verify({ store }) {
      const nodes = Array.from({ length: 25 }, (_, index) => sampleNode(`node_${(index * 7) % 25}`));
      const { run, lease } = await createDrivenRun(store, { nodes });
      await store.record(lease, [nodeStarted('node_3')], ttlMs);
      for (const limit of [1, 10, 25, 100]) {
        const listed = await readPages((cursor) => store.listNodes(run.id, pageAt(limit, cursor)));
        assert.deepEqual(
          listed.map(({ nodeId }) => nodeId),
          nodes.map(({ id }) => id),
        );
      }
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
      assert.equal(await store.countArtifacts(artifactStoreId), 0);
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
      const keys = await store.findReferencedKeys(artifactStoreId, [outputs.load.key, 'nothing', outputs.test.key]);
      assert.deepEqual([...keys].toSorted(), [outputs.load.key, outputs.test.key].toSorted());
      assert.equal((await store.findReferencedKeys('another-store', [outputs.load.key])).size, 0);
      const runs = await store.findRuns([run.id, 'nothing', pending.id]);
      assert.deepEqual(
        [...runs],
        [
          [run.id, { ended: true, codeDigest: 'one' }],
          [pending.id, { ended: false, codeDigest: 'two' }],
        ],
      );
      assert.deepEqual([...(await store.findReferencedCode(['one', 'two', 'three']))], ['one', 'two']);
      assert.equal(await store.countArtifacts(artifactStoreId), 3);
      assert.equal(await store.countArtifacts('another-store'), 0);
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

/** All of the contract of `MetadataStore` that can be seen from outside. */
export const metadataStoreSuite: ConformanceSuite<MetadataStoreSubject> = { name: 'metadata store', cases };
