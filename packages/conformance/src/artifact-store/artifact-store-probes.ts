import assert from 'node:assert/strict';
import type { ArtifactStore, ArtifactStoreCapabilities } from '@mlstack/core/flavor';
import { rejectsWith } from '../rejects-with.ts';
import { collect, collectBytes } from '../sample-bytes.ts';

export interface ArtifactStoreSubject {
  readonly store: ArtifactStore;
  readonly capabilities: ArtifactStoreCapabilities;
  /** Ends with `/`. Cases write under it alone, and find nothing there at first. */
  readonly prefix: string;
  /** A further instance of the component, as another process has one. */
  open(): Promise<ArtifactStore>;
}

export const text = (content: string) => new TextEncoder().encode(content);
export const MiB = 1 << 20;

export async function readText(store: ArtifactStore, key: string): Promise<string> {
  return new TextDecoder().decode(await collectBytes(store.read(key)));
}

export async function listKeys(store: ArtifactStore, prefix: string): Promise<string[]> {
  return (await collect(store.list(prefix))).map(({ key }) => key);
}

export async function isNothingAt(store: ArtifactStore, key: string): Promise<void> {
  assert.equal(await store.stat(key), undefined);
  assert.deepEqual(await listKeys(store, key), []);
  await rejectsWith('OBJECT_NOT_FOUND', collectBytes(store.read(key)));
}

export async function* failing(first: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield first;
  throw error;
}

/** Starts a write whose body hangs after its first chunk, looks, and lets it end. */
export async function whileWriting(
  store: ArtifactStore,
  key: string,
  first: Uint8Array,
  look: () => Promise<void>,
): Promise<void> {
  const body = hanging(first);
  const writing = store.write(key, body.chunks);
  writing.catch(() => {});
  await body.asked;
  try {
    await look();
  } catch (error) {
    body.release();
    await writing.catch(() => {});
    throw error;
  }
  body.release();
  await writing;
}

/** Gives one chunk, then nothing until it is released. */
export function hanging(first: Uint8Array) {
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
