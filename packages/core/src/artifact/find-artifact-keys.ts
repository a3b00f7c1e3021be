import type { MetadataStore } from '../component/metadata-store.ts';
import type { ArtifactKey } from './artifact-key.ts';
import { manifestPrefix } from './artifact-manifest.ts';

const keysAtOnce = 500;

/** Of the given keys those that recorded artifacts are made of: what records point at, and the files beside a recorded manifest. */
export async function findArtifactKeys(
  metadataStore: MetadataStore,
  keys: readonly ArtifactKey[],
): Promise<ReadonlySet<ArtifactKey>> {
  const found = new Set<ArtifactKey>();
  for (let start = 0; start < keys.length; start += keysAtOnce) {
    const batch = keys.slice(start, start + keysAtOnce);
    for (const key of await metadataStore.findReferencedKeys(batch)) found.add(key);
  }
  const prefixes = new Set([...found].map(manifestPrefix).filter((prefix) => prefix !== undefined));
  if (prefixes.size === 0) return found;
  for (const key of keys) {
    for (let end = key.indexOf('.'); end !== -1; end = key.indexOf('.', end + 1)) {
      if (prefixes.has(key.slice(0, end + 1))) found.add(key);
    }
  }
  return found;
}
