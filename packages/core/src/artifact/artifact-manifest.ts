import { createHash } from 'node:crypto';
import { isArtifactFilePath } from './artifact-file-path.ts';
import type { ArtifactKey } from './artifact-key.ts';
import type { ArtifactFile, ArtifactManifest } from './artifact-record.ts';

/** No segment made of a file's path has a `_`: the manifest's key is never a file's. */
const manifestSuffix = '._manifest.json';

export function manifestKey(keyPrefix: string): ArtifactKey {
  return `${keyPrefix}${manifestSuffix}`;
}

/** What all keys of the artifact begin with whose manifest this is, with the dot; undefined for any other key. */
export function manifestPrefix(key: ArtifactKey): string | undefined {
  return key.endsWith(manifestSuffix) ? `${key.slice(0, -manifestSuffix.length)}.` : undefined;
}

export function isManifestKey(key: ArtifactKey): boolean {
  return key.endsWith(manifestSuffix);
}

/** Hash of several files, which must be sorted by path. */
export function hashFiles(files: readonly ArtifactFile[]): string {
  const hash = createHash('sha256');
  for (const { path, sha256 } of files) hash.update(`${sha256}  ${path}\n`);
  return hash.digest('hex');
}

/** @returns what is wrong with the text, as text, where it is no manifest that belongs under `key`. */
export function parseManifest(text: string, key: ArtifactKey): ArtifactManifest | string {
  let manifest: Partial<ArtifactManifest> | null;
  try {
    manifest = JSON.parse(text) as Partial<ArtifactManifest> | null;
  } catch {
    return 'it is no JSON';
  }
  if (manifest?.formatVersion !== 1)
    return `its format version is ${String(manifest?.formatVersion)}, and this mlstack reads version 1`;
  const files: unknown = manifest.files;
  if (!Array.isArray(files)) return 'it lists no files';
  const prefix = key.slice(0, -manifestSuffix.length);
  const stranger = files.find((file) => !isFileOf(prefix, file));
  return stranger === undefined
    ? { formatVersion: 1, files }
    : `it lists what is no file of this artifact: ${JSON.stringify(stranger).slice(0, 200)}`;
}

function isFileOf(prefix: string, value: unknown): boolean {
  const { path, key, size, sha256 } = (value ?? {}) as Partial<ArtifactFile>;
  return (
    typeof path === 'string' &&
    isArtifactFilePath(path) &&
    typeof key === 'string' &&
    key.startsWith(`${prefix}.`) &&
    Number.isSafeInteger(size) &&
    typeof sha256 === 'string'
  );
}
