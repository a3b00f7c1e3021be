import assert from 'node:assert/strict';
import type { ArtifactStore } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import type { ConformanceCase } from '../conformance-suite.ts';
import { rejectsWith } from '../rejects-with.ts';
import { collectBytes, inChunks, sampleBytes, sha256 } from '../sample-bytes.ts';
import type { ArtifactStoreSubject } from './artifact-store-probes.ts';
import { failing, hanging, isNothingAt, listKeys, MiB, readText, text, whileWriting } from './artifact-store-probes.ts';

const sizes = [0, 1, 1000, 64 * 1024 - 1, MiB, MiB + 1, 5 * MiB + 1, 20 * MiB];

export const writeCases: ConformanceCase<ArtifactStoreSubject>[] = [
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
      const other = await open();
      await whileWriting(store, `${prefix}a`, sampleBytes(6 * MiB), async () => {
        await isNothingAt(store, `${prefix}a`);
        await isNothingAt(other, `${prefix}a`);
      });
      assert.equal((await other.stat(`${prefix}a`))?.size, 12 * MiB);
    },
  },
  {
    id: 'keeps-the-old-object-until-the-new-one-is-complete',
    async verify({ store, prefix }) {
      await store.write(`${prefix}a`, text('old'));
      await whileWriting(store, `${prefix}a`, sampleBytes(6 * MiB), async () => {
        assert.equal(await readText(store, `${prefix}a`), 'old');
      });
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
      const [past, future] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
      for (const owner of ['one', 'two']) await store.write(`${prefix}${owner}/done`, text(owner));
      const look = async () => {
        assert.equal(await other.deleteUnfinished(`${prefix}one/`, past), 0, 'it is too young');
        assert.equal(await other.deleteUnfinished(`${prefix}two/`, future), 0, 'it lies elsewhere');
        const isUnderWay = async (key: string) => key === `${prefix}one/unfinished`;
        assert.equal(await other.deleteUnfinished(`${prefix}one/`, future, isUnderWay), 0, 'it is under way');
        await other.deleteUnfinished(`${prefix}one/`, future);
        assert.equal(await other.deleteUnfinished(`${prefix}one/`, future), 0, 'it is gone already');
      };
      // The write itself may fail now.
      await whileWriting(store, `${prefix}one/unfinished`, sampleBytes(6 * MiB), look).catch((error: unknown) => {
        if (!MlstackError.is(error)) throw error;
      });
      assert.ok((await listKeys(store, prefix)).includes(`${prefix}one/done`));
      assert.ok((await listKeys(store, prefix)).includes(`${prefix}two/done`));
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
];
