import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import type { MetadataStore } from '@mlstack/core/flavor';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import type { MetadataStoreSubject } from './metadata-store-probes.ts';
import { createDrivenRun } from './metadata-store-probes.ts';
import { holder, nodeStarted, otherHolder, sampleRun, ttlMs } from './sample-run.ts';

export const leaseCases: ConformanceCase<MetadataStoreSubject>[] = [
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
    id: 'creates-a-run-under-the-lease-of-its-driver-or-not-at-all',
    async verify({ store, open }) {
      const other = await open();
      const run = sampleRun({ name: 'mine' });
      const lease = await store.createDrivenRun(run, holder, { ttlMs });
      assert.equal(lease.epoch, 1);
      const found = await other.getRun(run.id);
      assert.deepEqual([found.state, found.lease?.epoch], ['running', 1]);
      assert.deepEqual(found.record, run);
      await rejectsWith('RUN_IS_DRIVEN', other.takeLease(run.id, otherHolder, { ttlMs }));
      const second = sampleRun({ name: 'mine' });
      await rejectsWith('RUN_NAME_TAKEN', other.createDrivenRun(second, otherHolder, { ttlMs }));
      await rejectsWith('RUN_NOT_FOUND', store.getRun(second.id));
      await store.record(lease, [nodeStarted('load')], ttlMs);
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
      await rejectsWith('LEASE_LOST', store.renewLease(lease, ttlMs));
      const next = await store.takeLease(run.id, holder, { ttlMs });
      assert.deepEqual(await store.renewLease(next, ttlMs), [], 'a run that has ended has no requests');
    },
  },
  {
    id: 'drops-what-an-earlier-driver-was-asked',
    async verify({ store, open }) {
      const { run, lease } = await createDrivenRun(store);
      assert.equal(lease.epoch, 1, 'nobody drove it before');
      await (await open()).appendRequest(run.id, 'stop');
      await store.releaseLease(lease);
      const next = await store.takeLease(run.id, otherHolder, { ttlMs });
      assert.deepEqual(await store.renewLease(next, ttlMs), []);
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
];
