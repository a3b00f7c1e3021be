import type { ArtifactStore } from '../component/artifact-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { StoredArtifact } from './artifact-record.ts';
import { listArtifactFiles, readVerified } from './load-artifact.ts';

/** Those whose bytes are there and are not those that were stored. Reads all of them; what cannot be read is not known to be damaged. */
export async function findDamagedArtifacts<Artifact extends StoredArtifact>(
  store: ArtifactStore,
  artifacts: readonly Artifact[],
  signal?: AbortSignal,
): Promise<readonly Artifact[]> {
  const damaged: Artifact[] = [];
  for (const artifact of artifacts) {
    try {
      for (const file of await listArtifactFiles(store, artifact, signal)) {
        for await (const _ of readVerified(store, file, signal));
      }
    } catch (error) {
      if (MlstackError.is(error) && error.code === 'OBJECT_CORRUPT') damaged.push(artifact);
    }
  }
  return damaged;
}
