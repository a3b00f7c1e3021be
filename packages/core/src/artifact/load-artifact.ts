import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { ArtifactStoreError, ObjectCorruptError } from '../errors/artifact-store-errors.ts';
import type { ArtifactKey } from './artifact-key.ts';
import { hashFiles, parseManifest } from './artifact-manifest.ts';
import type { ArtifactFile, ArtifactManifest, StoredArtifact } from './artifact-record.ts';
import type { ArtifactReader, Materializer } from './materializer.ts';

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** A folder for values that are paths; may be asked for several times, and is removed by whoever gave it. */
  readonly temporaryDirectory: () => Promise<string>;
}

/** The value of an artifact. Fails with `ObjectCorruptError` where its bytes are not those that were stored. */
export async function loadArtifact<Value>(
  store: ArtifactStore,
  stored: StoredArtifact,
  materializer: Materializer<Value>,
  options: LoadOptions,
): Promise<Value> {
  return materializer.load(await openArtifact(store, stored, options));
}

/** The files of an artifact, for those who do not know its materializer. */
export async function openArtifact(
  store: ArtifactStore,
  stored: StoredArtifact,
  { signal, temporaryDirectory }: LoadOptions,
): Promise<ArtifactReader> {
  const files = await listArtifactFiles(store, stored, signal);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const fileOf = (path: string): ArtifactFile => {
    const file = byPath.get(path);
    if (file === undefined)
      throw new ArtifactStoreError(store.name, `read ${path} of ${stored.key}`, {
        reason: `the artifact has ${[...byPath.keys()].join(', ')}`,
      });
    return file;
  };
  return {
    files,
    readFile: (path) => readVerified(store, fileOf(path), signal),
    async readBytes(path) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of readVerified(store, fileOf(path), signal)) chunks.push(chunk);
      return new Uint8Array(Buffer.concat(chunks));
    },
    temporaryDirectory: async () => mkdtemp(join(await temporaryDirectory(), 'artifact-')),
  };
}

/** What files an artifact has; one of the layout `file` has the name that its materializer usually gives. */
export async function listArtifactFiles(
  store: ArtifactStore,
  stored: StoredArtifact,
  signal?: AbortSignal,
): Promise<readonly ArtifactFile[]> {
  if (stored.layout === 'file') {
    const path = /value\.[a-z]+$/.exec(stored.key)?.[0] ?? 'value.bin';
    return [{ path, key: stored.key, size: stored.size, sha256: stored.sha256 }];
  }
  const { files } = await readArtifactManifest(store, stored.key, signal);
  const actual = hashFiles(files);
  if (actual !== stored.sha256) throw new ObjectCorruptError(store.name, stored.key, stored.sha256, actual);
  return files;
}

/** What is stored under the key of a manifest: a list of files that lie beside it and may be written below a folder. */
export async function readArtifactManifest(
  store: ArtifactStore,
  key: ArtifactKey,
  signal?: AbortSignal,
): Promise<ArtifactManifest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key, signal === undefined ? {} : { signal })) chunks.push(chunk);
  const manifest = parseManifest(Buffer.concat(chunks).toString('utf8'), key);
  if (typeof manifest !== 'string') return manifest;
  throw new ArtifactStoreError(store.name, `read ${key}`, { reason: `the list of files is damaged: ${manifest}` });
}

/** Streams an object and fails at its end when it is not what was written. */
export async function* readVerified(
  store: ArtifactStore,
  { key, sha256 }: { readonly key: string; readonly sha256: string },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of store.read(key, signal === undefined ? {} : { signal })) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== sha256) throw new ObjectCorruptError(store.name, key, sha256, actual);
}
