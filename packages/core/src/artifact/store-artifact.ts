import type { ArtifactStore } from '../component/artifact-store.ts';
import { nameSubject, ValueNotStorableError } from '../errors/artifact-errors.ts';
import { isArtifactFilePath } from './artifact-file-path.ts';
import { hashFiles, manifestKey } from './artifact-manifest.ts';
import type { ArtifactFile, ArtifactManifest, StoredArtifact } from './artifact-record.ts';
import { keySegment } from './key-segment.ts';
import type { ArtifactWriter, Materializer } from './materializer.ts';
import { previewValue, shorten } from './preview-value.ts';

export interface SaveOptions {
  readonly signal?: AbortSignal;
  /** Whose value it is, for errors: `Output "model" of step "train"`. */
  readonly subject?: string;
}

/**
 * Stores a value under keys that begin with `keyPrefix` and a dot, and returns what the metadata store will know of it. A value of one small
 * file costs one write; several files end with a manifest, so that a kill leaves nothing that looks complete.
 */
export async function saveArtifact<Value>(
  store: ArtifactStore,
  keyPrefix: string,
  materializer: Materializer<Value>,
  value: Value,
  { signal, subject }: SaveOptions = {},
): Promise<StoredArtifact> {
  const files: ArtifactFile[] = [];
  const paths = new Set<string>();
  const writer: ArtifactWriter = {
    async writeFile(path, body) {
      checkPath(path, paths);
      const key = `${keyPrefix}.${keySegment(path)}`;
      const { size, sha256 } = await store.write(key, body, signal === undefined ? {} : { signal });
      files.push({ path, key, size, sha256 });
    },
  };
  try {
    await materializer.save(value, writer);
  } catch (error) {
    throw error instanceof ValueNotStorableError && subject !== undefined ? nameSubject(error, subject) : error;
  }
  const [only, ...more] = files.sort((one, other) => (one.path < other.path ? -1 : 1));
  if (only === undefined) throw new TypeError(`The materializer "${materializer.id}" wrote no file.`);
  const described = {
    materializer: { id: materializer.id, version: materializer.version },
    preview: shorten(materializer.preview?.(value) ?? previewValue(value)),
  };
  // The usual name of a single file can be read off its key; any other is kept in a manifest.
  if (more.length === 0 && /^value\.[a-z]+$/.test(only.path))
    return { key: only.key, layout: 'file', size: only.size, sha256: only.sha256, ...described };
  const manifest: ArtifactManifest = { formatVersion: 1, files };
  const key = manifestKey(keyPrefix);
  await store.write(key, Buffer.from(JSON.stringify(manifest)), signal === undefined ? {} : { signal });
  return {
    key,
    layout: 'manifest',
    size: files.reduce((sum, file) => sum + file.size, 0),
    sha256: hashFiles(files),
    ...described,
  };
}

function checkPath(path: string, paths: Set<string>): void {
  if (!isArtifactFilePath(path))
    throw new TypeError(`${JSON.stringify(path)} is no path of a file inside an artifact.`);
  if (paths.has(path)) throw new TypeError(`The file ${JSON.stringify(path)} was written twice.`);
  paths.add(path);
}
