import assert from 'node:assert/strict';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import { collect, collectBytes, inChunks, sampleBytes, sha256 } from '../sample-bytes.ts';
import type { ArtifactStoreSubject } from './artifact-store-probes.ts';
import { isNothingAt, listKeys, MiB, readText, text } from './artifact-store-probes.ts';

export const readCases: ConformanceCase<ArtifactStoreSubject>[] = [
  {
    id: 'tells-size-and-time-of-an-object',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, text('four'));
      const stat = await store.stat(`${prefix}a`);
      const [listed] = await collect(store.list(prefix));
      assert.equal(stat?.key, `${prefix}a`);
      assert.equal(stat.size, 4);
      assert.ok(Math.abs(stat.modifiedAt.getTime() - Date.now()) < 600_000, `modified at ${stat.modifiedAt}`);
      assert.deepEqual({ key: listed?.key, size: listed?.size }, { key: stat.key, size: 4 });
    },
  },
  {
    id: 'has-nothing-where-nothing-was-written',
    async verify({ store, prefix }) {
      await isNothingAt(store, `${prefix}a`);
      await isNothingAt(store, `${prefix}a/b/c`);
    },
  },
  {
    id: 'does-not-begin-what-was-aborted',
    async verify({ store, prefix }) {
      const reason = new Error('changed my mind');
      const signal = AbortSignal.abort(reason);
      const isReason = (thrown: unknown) => thrown === reason;
      await store.write(`${prefix}there`, text('x'));
      await assert.rejects(store.write(`${prefix}a`, text('x'), { signal }), isReason);
      await assert.rejects(collectBytes(store.read(`${prefix}there`, { signal })), isReason);
      await assert.rejects(collect(store.list(prefix, { signal })), isReason);
      await assert.rejects(store.stat(`${prefix}there`, { signal }), isReason);
      await assert.rejects(store.delete([`${prefix}there`], { signal }), isReason);
      assert.deepEqual(await listKeys(store, prefix), [`${prefix}there`]);
    },
  },
  {
    id: 'ends-a-read-that-is-aborted',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, sampleBytes(20 * MiB));
      const abort = new AbortController();
      const reason = new Error('changed my mind');
      const reading = (async () => {
        for await (const chunk of store.read(`${prefix}a`, { signal: abort.signal })) {
          if (chunk.length > 0) abort.abort(reason);
        }
      })();
      await assert.rejects(reading, (thrown) => thrown === reason);
    },
  },
  {
    id: 'reads-ranges',
    async verify({ store, prefix }) {
      const size = 3 * MiB + 7;
      const bytes = sampleBytes(size);
      await store.write(`${prefix}a`, bytes);
      const ranges: [number, number?][] = [
        [0],
        [0, 1],
        [5, 5],
        [size - 1],
        [size - 1, size + 100],
        [MiB - 1, MiB + 1],
        [1, size - 1],
        [size],
        [size + 10, size + 20],
        [0, 0],
      ];
      for (const [start, end] of ranges) {
        const range = end === undefined ? { start } : { start, end };
        const read = await collectBytes(store.read(`${prefix}a`, { range }));
        assert.equal(sha256(read), sha256(bytes.subarray(start, end)), `bytes ${start} to ${end}`);
      }
      await store.write(`${prefix}empty`, new Uint8Array(0));
      assert.equal((await collectBytes(store.read(`${prefix}empty`, { range: { start: 0, end: 10 } }))).length, 0);
    },
  },
  {
    id: 'may-be-left-in-the-middle-of-a-read-or-a-list',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, sampleBytes(5 * MiB));
      await store.write(`${prefix}b`, text('b'));
      for await (const _ of store.read(`${prefix}a`)) break;
      for await (const _ of store.list(prefix)) break;
      assert.equal((await store.stat(`${prefix}a`))?.size, 5 * MiB);
    },
  },
  {
    id: 'gives-callers-bytes-that-stay-as-they-are',
    async verify({ store, prefix }) {
      const bytes = sampleBytes(5 * MiB);
      await store.write(`${prefix}a`, bytes);
      const chunks = await collect(store.read(`${prefix}a`));
      assert.equal(sha256(Buffer.concat(chunks)), sha256(bytes));
    },
  },
  {
    id: 'lists-in-byte-order-of-keys',
    async verify({ store, prefix }) {
      const names = [
        'a',
        'a-b',
        'a.b/c',
        'a.b',
        'a0',
        'b/a',
        'b/b/c',
        'b-/x',
        'b.x',
        'b0/x',
        'c_d',
        '-',
        '_',
        '.a',
        '0',
      ].filter((name, _, all) => !all.some((other) => other.startsWith(`${name}/`)));
      for (const name of names) await store.write(prefix + name, text(name));
      assert.deepEqual(await listKeys(store, prefix), names.map((name) => prefix + name).sort());
    },
  },
  {
    id: 'lists-by-a-prefix-that-is-text-and-not-a-folder',
    async verify({ store, prefix }) {
      for (const name of ['run-1/a', 'run-1/b', 'run-10/a', 'run-2/a']) await store.write(prefix + name, text(name));
      const under = async (part: string) =>
        (await listKeys(store, prefix + part)).map((key) => key.slice(prefix.length));
      assert.deepEqual(await under('run-1'), ['run-1/a', 'run-1/b', 'run-10/a']);
      assert.deepEqual(await under('run-1/'), ['run-1/a', 'run-1/b']);
      assert.deepEqual(await under('run-1/a'), ['run-1/a']);
      assert.deepEqual(await under('run-1/a/'), []);
      assert.deepEqual(await under('run-3'), []);
      assert.deepEqual(await under('../'), []);
    },
  },
  {
    id: 'lists-and-deletes-more-than-a-page',
    async verify({ store, prefix }) {
      const keys = Array.from(
        { length: 1100 },
        (_, index) => `${prefix}${index % 7}/${String(index).padStart(5, '0')}`,
      );
      for (let start = 0; start < keys.length; start += 50) {
        await Promise.all(keys.slice(start, start + 50).map((key) => store.write(key, text(key))));
      }
      assert.deepEqual(await listKeys(store, prefix), keys.toSorted());
      await store.delete(keys.filter((key) => !key.endsWith('00042')));
      assert.deepEqual(await listKeys(store, prefix), [`${prefix}0/00042`]);
    },
  },
  {
    id: 'deletes-what-is-there-and-does-not-mind-what-is-not',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a/b`, text('x'));
      await store.write(`${prefix}a/c`, text('x'));
      await store.delete([`${prefix}a/b`, `${prefix}missing`, `${prefix}missing/too`]);
      await store.delete([`${prefix}a/b`]);
      await store.delete([]);
      assert.deepEqual(await listKeys(store, prefix), [`${prefix}a/c`]);
      await store.delete([`${prefix}a/c`]);
      await store.write(`${prefix}a/b`, text('again'));
      assert.equal(await readText(store, `${prefix}a/b`), 'again');
    },
  },
  {
    id: 'refuses-what-is-no-key',
    async verify({ store, prefix }) {
      const hostile = [
        '',
        '/a',
        'a/',
        'a//b',
        '../a',
        'a/../b',
        './a',
        'a/.',
        'A',
        'a b',
        'a\0b',
        'a\nb',
        'a~b',
        'ä',
        'a\\b',
        'x'.repeat(201),
        `${'x'.repeat(100)}/`.repeat(6),
      ];
      for (const key of hostile.map((name) => (name === '' || name.startsWith('/') ? name : prefix + name))) {
        await rejectsWith('ARTIFACT_STORE_FAILED', store.write(key, text('x')));
        await rejectsWith('ARTIFACT_STORE_FAILED', collectBytes(store.read(key)));
        await rejectsWith('ARTIFACT_STORE_FAILED', store.stat(key));
        await rejectsWith('ARTIFACT_STORE_FAILED', store.delete([key]));
      }
      assert.deepEqual(await listKeys(store, prefix), []);
    },
  },
  {
    id: 'takes-the-longest-keys',
    async verify({ store, prefix }) {
      const key = `${prefix}${'long-name.'.repeat(20)}/${'z'.repeat(200)}/`;
      const full = key + 'y'.repeat(Math.min(200, 512 - key.length));
      await store.write(full, text('deep'));
      await store.write(`${prefix}stream/${'z'.repeat(200)}`, inChunks(sampleBytes(2 * MiB), MiB), { ifAbsent: true });
      assert.equal(await readText(store, full), 'deep');
      assert.deepEqual((await listKeys(store, prefix)).length, 2);
    },
  },
  {
    id: 'shows-one-instance-what-another-wrote-and-deleted',
    async verify({ store, prefix, open }) {
      const other = await open();
      await store.write(`${prefix}a`, text('one'));
      assert.equal(await readText(other, `${prefix}a`), 'one');
      await other.write(`${prefix}a`, text('two'));
      assert.equal(await readText(store, `${prefix}a`), 'two');
      await other.delete([`${prefix}a`]);
      await isNothingAt(store, `${prefix}a`);
    },
  },
  {
    id: 'names-an-object-for-people',
    async verify({ store, prefix, capabilities }) {
      const uri = store.uri(`${prefix}a.json`);
      assert.ok(uri.endsWith(`${prefix}a.json`), uri);
      assert.ok(capabilities.supportedSchemes.includes(new URL(uri).protocol.slice(0, -1)), uri);
    },
  },
  {
    id: 'gives-urls-that-need-no-credentials',
    appliesTo: ({ capabilities }) => capabilities.presignedUrls,
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, text('shared'));
      const get = await fetch(await store.presign(`${prefix}a`, { method: 'GET', expiresInSeconds: 60 }));
      assert.equal(await get.text(), 'shared');
      const put = await fetch(await store.presign(`${prefix}b`, { method: 'PUT', expiresInSeconds: 60 }), {
        method: 'PUT',
        body: 'put',
      });
      assert.ok(put.ok, `${put.status}`);
      assert.equal(await readText(store, `${prefix}b`), 'put');
    },
  },
  {
    id: 'gives-no-urls-that-it-does-not-claim-to-give',
    appliesTo: ({ capabilities }) => !capabilities.presignedUrls,
    async verify({ store, prefix }) {
      await assert.rejects(store.presign(`${prefix}a`, { method: 'GET', expiresInSeconds: 60 }));
    },
  },
];
