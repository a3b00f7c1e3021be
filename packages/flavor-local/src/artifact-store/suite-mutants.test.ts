import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStoreSuite } from '@mlstack/conformance';
import type { WriteOptions } from '@mlstack/core/flavor';
import { afterEach, expect, test } from 'vitest';
import { LocalArtifactStore } from './local-artifact-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** What a store does wrong, by the case of the suite that must tell. */
const mutants: Record<string, (store: LocalArtifactStore, folder: string) => Partial<LocalArtifactStore>> = {
  'gives-back-1000-bytes-and-tells-their-hash': (store) => ({
    write: async (...write) => ({
      ...(await LocalArtifactStore.prototype.write.apply(store, write)),
      sha256: '0'.repeat(64),
    }),
  }),
  'gives-back-1048577-bytes-and-tells-their-hash': (store) => ({
    async *read(key, options) {
      for await (const chunk of LocalArtifactStore.prototype.read.call(store, key, options)) {
        yield chunk;
        return;
      }
    },
  }),
  'has-nothing-where-nothing-was-written': () => ({ async *read() {} }),
  'creates-if-absent-only-where-nothing-is': (store) => ({
    write: (key, body, { ifAbsent: _, ...options }: WriteOptions = {}) =>
      LocalArtifactStore.prototype.write.call(store, key, body, options),
  }),
  'lets-one-of-many-writers-at-once-create': (store) => ({
    async write(key, body, { ifAbsent, ...options } = {}) {
      if (ifAbsent && (await store.stat(key)) !== undefined) throw new Error('taken');
      return LocalArtifactStore.prototype.write.call(store, key, body, options);
    },
  }),
  'shows-nothing-of-an-object-before-it-is-complete': (store, folder) => ({
    async write(key, body, options) {
      await LocalArtifactStore.prototype.write.call(store, key, new Uint8Array());
      writeFileSync(join(folder, key), 'a part');
      return LocalArtifactStore.prototype.write.call(store, key, body, options);
    },
  }),
  'leaves-nothing-of-a-body-that-throws-and-throws-its-error': (store) => ({
    async write(...write) {
      try {
        return await LocalArtifactStore.prototype.write.apply(store, write);
      } catch (cause) {
        throw new Error('wrapped', { cause });
      }
    },
  }),
  'leaves-nothing-of-a-body-of-another-length-than-announced': (store) => ({
    write: (key, body) => LocalArtifactStore.prototype.write.call(store, key, body),
  }),
  'does-not-begin-what-was-aborted': (store) => ({
    delete: (keys) => LocalArtifactStore.prototype.delete.call(store, keys),
  }),
  'ends-a-read-that-is-aborted': (store) => ({ read: (key) => LocalArtifactStore.prototype.read.call(store, key) }),
  'reads-ranges': (store) => ({ read: (key) => LocalArtifactStore.prototype.read.call(store, key) }),
  'lists-in-byte-order-of-keys': (store) => ({
    async *list(prefix) {
      const found = await collect(LocalArtifactStore.prototype.list.call(store, prefix));
      yield* found.sort((a, b) => a.key.localeCompare(b.key));
    },
  }),
  'lists-by-a-prefix-that-is-text-and-not-a-folder': (store) => ({
    list: (prefix) => LocalArtifactStore.prototype.list.call(store, prefix.endsWith('/') ? prefix : `${prefix}/`),
  }),
  'lists-and-deletes-more-than-a-page': (store) => ({
    async *list(prefix) {
      yield* (await collect(LocalArtifactStore.prototype.list.call(store, prefix))).slice(0, 1000);
    },
  }),
  'removes-unfinished-writes-and-nothing-else': (store) => ({
    deleteUnfinished: (_prefix, olderThan, isUnderWay) =>
      LocalArtifactStore.prototype.deleteUnfinished.call(store, '', olderThan, isUnderWay),
  }),
  'refuses-what-is-no-key': () => ({ stat: async () => undefined }),
  'shows-one-instance-what-another-wrote-and-deleted': (store) => {
    const remembered = new Map<string, Uint8Array>();
    return {
      async *read(key, options) {
        const chunks =
          remembered.get(key) ??
          Buffer.concat(await collect(LocalArtifactStore.prototype.read.call(store, key, options)));
        remembered.set(key, chunks);
        yield chunks;
      },
      async write(key, body) {
        if (body instanceof Uint8Array) remembered.set(key, body);
        return LocalArtifactStore.prototype.write.call(store, key, body);
      },
    };
  },
  'gives-no-urls-that-it-does-not-claim-to-give': () => ({ presign: async () => 'https://example.com' }),
};

test.each(Object.entries(mutants))('%s tells a store that does not', async (id, mutate) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-mutants-'));
  folders.push(folder);
  const open = () => {
    const store = new LocalArtifactStore({
      id: '0',
      name: 'mutant',
      type: 'artifact-store',
      flavor: 'local',
      config: { path: folder },
      context: { stateDirectory: join(folder, 'state') },
    });
    return Object.assign(store, mutate(store, folder));
  };
  const capabilities = { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false } as const;
  const found = artifactStoreSuite.cases.find((each) => each.id === id);
  await expect(
    found?.verify({ store: open(), capabilities, prefix: 'p/', open: async () => open() }),
  ).rejects.toThrow();
});
