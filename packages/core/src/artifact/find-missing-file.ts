import type { ArtifactStore } from '../component/artifact-store.ts';
import type { ArtifactKey } from './artifact-key.ts';
import type { StoredArtifact } from './artifact-record.ts';
import { listArtifactFiles } from './load-artifact.ts';

const statsAtOnce = 32;

/** A key of the artifact behind which there is nothing, or nothing of the right size. */
export async function findMissingFile(
  store: ArtifactStore,
  artifact: StoredArtifact,
): Promise<ArtifactKey | undefined> {
  if (artifact.layout === 'manifest' && (await store.stat(artifact.key)) === undefined) return artifact.key;
  const files = await listArtifactFiles(store, artifact);
  for (let start = 0; start < files.length; start += statsAtOnce) {
    const batch = files.slice(start, start + statsAtOnce);
    const stats = await Promise.all(batch.map((file) => store.stat(file.key)));
    const missing = batch.find((file, index) => stats[index]?.size !== file.size);
    if (missing !== undefined) return missing.key;
  }
  return undefined;
}
