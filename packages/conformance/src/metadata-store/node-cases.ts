import assert from 'node:assert/strict';
import type { RunChange } from '@mlstack/core/flavor';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import type { MetadataStoreSubject } from './metadata-store-probes.ts';
import { createDrivenRun, pageAt, readPages } from './metadata-store-probes.ts';
import { artifactStoreId, holder, nodeStarted, nodeSucceeded, sampleNode, sampleOutput, ttlMs } from './sample-run.ts';

export const nodeCases: ConformanceCase<MetadataStoreSubject>[] = [
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
      ];
      for (const changes of impossible) await rejectsWith('METADATA_STORE_FAILED', store.record(lease, changes, ttlMs));
      const from = { runId: 'gone', nodeId: 'train' };
      const cached = { kind: 'node-cached', nodeId: 'train', inputs: {}, cacheKey: 'k', from, reason: 'x' } as const;
      await assert.rejects(store.record(lease, [nodeStarted('load'), cached], ttlMs), {
        code: 'CACHE_SOURCE_GONE',
        nodeId: 'train',
      });
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
];
