import { createHash } from 'node:crypto';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { ArtifactFile, ArtifactManifest, StoredArtifact } from './artifact-record.ts';
import { keySegment } from './key-segment.ts';
import type { ArtifactWriter, Materializer } from './materializer.ts';
import { previewValue, shorten } from './preview-value.ts';

export interface SaveOptions {
  readonly signal?: AbortSignal;
}

/**
 * Stores a value under keys that begin with `keyPrefix` and returns what the metadata store will know of it. A value of one small
 * file costs one write; several files end with a manifest, so that a kill leaves nothing that looks complete.
 */
export async function saveArtifact<Value>(
  store: ArtifactStore,
  keyPrefix: string,
  materializer: Materializer<Value>,
  value: Value,
  { signal }: SaveOptions = {},
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
  await materializer.save(value, writer);
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
  const key = `${keyPrefix}.manifest.json`;
  await store.write(key, Buffer.from(JSON.stringify(manifest)), signal === undefined ? {} : { signal });
  return {
    key,
    layout: 'manifest',
    size: files.reduce((sum, file) => sum + file.size, 0),
    sha256: contentHash(files),
    ...described,
  };
}

function contentHash(files: readonly ArtifactFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256 } of files) hash.update(`${sha256}  ${path}\n`);
  return hash.digest('hex');
}

function checkPath(path: string, paths: Set<string>): void {
  const segments = path.split('/');
  if (path === '' || segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    throw new TypeError(`"${path}" is no path of a file inside an artifact.`);
  if (paths.has(path)) throw new TypeError(`The file "${path}" was written twice.`);
  paths.add(path);
}
