import assert from 'node:assert/strict';
import type { ArtifactStore, ArtifactStoreCapabilities } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import type { ConformanceCase, ConformanceSuite } from './conformance-suite.ts';
import { collect, collectBytes, inChunks, sampleBytes, sha256 } from './sample-bytes.ts';

export interface ArtifactStoreSubject {
  readonly store: ArtifactStore;
  readonly capabilities: ArtifactStoreCapabilities;
  /** Ends with `/`. Cases write under it alone, and find nothing there at first. */
  readonly prefix: string;
  /** A further instance of the component, as another process has one. */
  open(): Promise<ArtifactStore>;
}

const text = (content: string) => new TextEncoder().encode(content);
const MiB = 1 << 20;

async function readText(store: ArtifactStore, key: string): Promise<string> {
  return new TextDecoder().decode(await collectBytes(store.read(key)));
}

async function listKeys(store: ArtifactStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key);
}

/** Expects an error of mlstack's with this code. */
async function rejectsWith(code: string, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.fail(`nothing was thrown where ${code} was expected`),
    (thrown: unknown) => thrown,
  );
  assert.ok(MlstackError.is(error), `${error} is no MlstackError`);
  assert.equal(error.code, code);
}

async function isNothingAt(store: ArtifactStore, key: string): Promise<void> {
  assert.equal(await store.stat(key), undefined);
  assert.deepEqual(await listKeys(store, key), []);
  await rejectsWith('OBJECT_NOT_FOUND', collectBytes(store.read(key)));
}

async function* failing(first: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield first;
  throw error;
}

/** Gives one chunk, then nothing until it is released. */
function hanging(first: Uint8Array) {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield first;
    asked.resolve();
    await released.promise;
    yield first;
  }
  return { chunks: chunks(), asked: asked.promise, release: () => released.resolve() };
}

const sizes = [0, 1, 1000, 64 * 1024 - 1, MiB, MiB + 1, 5 * MiB + 1, 20 * MiB];

const cases: ConformanceCase<ArtifactStoreSubject>[] = [
  ...sizes.map(
    (size): ConformanceCase<ArtifactStoreSubject> => ({
      id: `gives-back-${size}-bytes-and-tells-their-hash`,
      async verify({ store, prefix }) {
        const bytes = sampleBytes(size);
        const expected = { size, sha256: sha256(bytes) };
        assert.deepEqual(await store.write(`${prefix}whole`, bytes), expected);
        assert.deepEqual(await store.write(`${prefix}stream`, inChunks(bytes, 100_003)), expected);
        assert.deepEqual(await store.write(`${prefix}sized`, inChunks(bytes, 3 * MiB), { size }), expected);
        for (const key of ['whole', 'stream', 'sized']) {
          assert.equal(sha256(await collectBytes(store.read(prefix + key))), expected.sha256, key);
          assert.equal((await store.stat(prefix + key))?.size, size);
        }
      },
    }),
  ),
  {
    id: 'takes-chunks-of-any-size',
    async verify({ store, prefix }) {
      async function* chunks() {
        yield new Uint8Array(0);
        for (let index = 0; index < 5000; index++) yield text('x');
        yield new Uint8Array(0);
        yield sampleBytes(2 * MiB);
      }
      const receipt = await store.write(`${prefix}a`, chunks());
      const bytes = await collectBytes(store.read(`${prefix}a`));
      assert.equal(receipt.size, 5000 + 2 * MiB);
      assert.equal(sha256(bytes), receipt.sha256);
    },
  },
  {
    id: 'replaces-an-object-whole',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, sampleBytes(2 * MiB));
      await store.write(`${prefix}a`, text('short'));
      assert.equal(await readText(store, `${prefix}a`), 'short');
      assert.equal((await store.stat(`${prefix}a`))?.size, 5);
    },
  },
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
    id: 'creates-if-absent-only-where-nothing-is',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, text('first'), { ifAbsent: true });
      await rejectsWith('OBJECT_EXISTS', store.write(`${prefix}a`, text('second'), { ifAbsent: true }));
      await rejectsWith(
        'OBJECT_EXISTS',
        store.write(`${prefix}a`, inChunks(sampleBytes(6 * MiB), MiB), { ifAbsent: true }),
      );
      assert.equal(await readText(store, `${prefix}a`), 'first');
      assert.deepEqual(await listKeys(store, prefix), [`${prefix}a`]);
    },
  },
  {
    id: 'lets-one-of-many-writers-at-once-create',
    async verify({ store, prefix, open }) {
      const stores = [store, await open()];
      for (const large of [false, true]) {
        const key = `${prefix}${large ? 'large' : 'small'}`;
        const contents = Array.from({ length: 8 }, (_, index) =>
          large ? sampleBytes(2 * MiB, index) : text(`writer ${index}`),
        );
        const written = await Promise.allSettled(
          contents.map((bytes, index) =>
            (stores[index % 2] as ArtifactStore).write(key, inChunks(bytes, MiB), { ifAbsent: true }),
          ),
        );
        const winners = written.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []));
        assert.equal(winners.length, 1, `${winners.length} of 8 writers created the object`);
        assert.deepEqual(await collectBytes(store.read(key)), Buffer.from(contents[winners[0] ?? 0] ?? []));
        for (const outcome of written) {
          if (outcome.status === 'rejected')
            assert.equal(outcome.reason?.code, 'OBJECT_EXISTS', String(outcome.reason));
        }
      }
    },
  },
  {
    id: 'shows-nothing-of-an-object-before-it-is-complete',
    async verify({ store, prefix, open }) {
      const body = hanging(sampleBytes(6 * MiB));
      const writing = store.write(`${prefix}a`, body.chunks);
      await body.asked;
      const other = await open();
      await isNothingAt(store, `${prefix}a`);
      await isNothingAt(other, `${prefix}a`);
      body.release();
      assert.equal((await writing).size, 12 * MiB);
      assert.equal((await other.stat(`${prefix}a`))?.size, 12 * MiB);
    },
  },
  {
    id: 'keeps-the-old-object-until-the-new-one-is-complete',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, text('old'));
      const body = hanging(sampleBytes(6 * MiB));
      const writing = store.write(`${prefix}a`, body.chunks);
      await body.asked;
      assert.equal(await readText(store, `${prefix}a`), 'old');
      body.release();
      await writing;
      assert.equal((await store.stat(`${prefix}a`))?.size, 12 * MiB);
    },
  },
  {
    id: 'leaves-nothing-of-a-body-that-throws-and-throws-its-error',
    async verify({ store, prefix }) {
      for (const size of [10, 6 * MiB]) {
        const error = new Error('the body broke');
        await assert.rejects(
          store.write(`${prefix}a`, failing(sampleBytes(size), error)),
          (thrown) => thrown === error,
        );
        await isNothingAt(store, `${prefix}a`);
      }
      await store.write(`${prefix}b`, text('old'));
      await assert.rejects(store.write(`${prefix}b`, failing(sampleBytes(6 * MiB), new Error('the body broke'))));
      assert.equal(await readText(store, `${prefix}b`), 'old');
    },
  },
  {
    id: 'leaves-nothing-of-a-body-of-another-length-than-announced',
    async verify({ store, prefix }) {
      for (const length of [10, 6 * MiB]) {
        for (const size of [length - 1, length + 1]) {
          const bytes = sampleBytes(length);
          await rejectsWith('ARTIFACT_STORE_FAILED', store.write(`${prefix}a`, bytes, { size }));
          await rejectsWith('ARTIFACT_STORE_FAILED', store.write(`${prefix}a`, inChunks(bytes, MiB), { size }));
          await isNothingAt(store, `${prefix}a`);
        }
      }
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
    id: 'leaves-nothing-of-a-write-that-is-aborted-while-its-body-hangs',
    async verify({ store, prefix }) {
      for (const size of [10, 6 * MiB]) {
        const abort = new AbortController();
        const reason = new Error('changed my mind');
        const body = hanging(sampleBytes(size));
        const writing = store.write(`${prefix}a`, body.chunks, { signal: abort.signal });
        await body.asked;
        abort.abort(reason);
        await assert.rejects(writing, (thrown) => thrown === reason);
        await isNothingAt(store, `${prefix}a`);
        body.release();
      }
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
    id: 'survives-writers-and-deleters-at-once',
    async verify({ store, prefix, open }) {
      const other = await open();
      const keys = Array.from({ length: 40 }, (_, index) => `${prefix}d/${index % 2}/${index}`);
      for (let round = 0; round < 5; round++) {
        await Promise.all(keys.flatMap((key) => [store.write(key, text(key)), other.delete([key])]));
      }
      await Promise.all(keys.map((key) => store.write(key, text(key))));
      assert.deepEqual(await listKeys(other, prefix), keys.toSorted());
    },
  },
  {
    id: 'removes-unfinished-writes-and-nothing-else',
    async verify({ store, prefix, open }) {
      const other = await open();
      for (const owner of ['one', 'two']) await store.write(`${prefix}${owner}/done`, text(owner));
      const body = hanging(sampleBytes(6 * MiB));
      const abort = new AbortController();
      const writing = store.write(`${prefix}one/unfinished`, body.chunks, { signal: abort.signal }).catch(() => {});
      await body.asked;
      assert.equal(
        await other.deleteUnfinished(`${prefix}one/`, new Date(Date.now() - 3_600_000)),
        0,
        'it is too young',
      );
      assert.equal(
        await other.deleteUnfinished(`${prefix}two/`, new Date(Date.now() + 60_000)),
        0,
        'it lies elsewhere',
      );
      await other.deleteUnfinished(`${prefix}one/`, new Date(Date.now() + 60_000));
      assert.equal(
        await other.deleteUnfinished(`${prefix}one/`, new Date(Date.now() + 60_000)),
        0,
        'it is gone already',
      );
      assert.deepEqual(await listKeys(store, prefix), [`${prefix}one/done`, `${prefix}two/done`]);
      abort.abort();
      body.release();
      await writing;
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
    id: 'writes-many-objects-at-once',
    async verify({ store, prefix }) {
      const contents = Array.from({ length: 32 }, (_, index) => sampleBytes(index % 4 === 0 ? 2 * MiB : 1000, index));
      await Promise.all(contents.map((bytes, index) => store.write(`${prefix}${index}`, inChunks(bytes, MiB))));
      for (const [index, bytes] of contents.entries()) {
        assert.equal(sha256(await collectBytes(store.read(`${prefix}${index}`))), sha256(bytes));
      }
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

/** All of the contract of `ArtifactStore` that can be seen from outside. */
export const artifactStoreSuite: ConformanceSuite<ArtifactStoreSubject> = { name: 'artifact store', cases };
