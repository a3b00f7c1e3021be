import { posix } from 'node:path';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { Project } from '../project/project.ts';
import type { ArtifactFile, ArtifactRecord } from './artifact-record.ts';
import { useArtifact } from './use-artifact.ts';

export interface ArtifactDescription extends ArtifactRecord {
  /** These three are absent where the run that made it was deleted. */
  readonly runName?: string;
  readonly pipeline?: string;
  readonly step?: string;
  readonly store: { readonly name: string; readonly flavor: string };
  /** Of its file, or of the folder where its files lie, beside others; for display alone. */
  readonly uri: string;
  readonly files: readonly (Pick<ArtifactFile, 'path' | 'size' | 'sha256'> & { readonly uri: string })[];
}

/** @param id of an artifact. Fails with `ArtifactNotFoundError`. */
export async function describeArtifact(project: Project, id: string): Promise<ArtifactDescription> {
  return await useArtifact(project, id, async ({ artifact, artifactStore, metadataStore }) => {
    const { name: runName, pipeline } = await metadataStore.getRun(artifact.runId).catch(ignoreDeleted);
    const node = await metadataStore.getNode(artifact.runId, artifact.nodeId).catch(() => undefined);
    const { listArtifactFiles } = await import('./load-artifact.ts');
    const files = await listArtifactFiles(artifactStore, artifact);
    const [only = artifact, ...more] = files;
    return {
      ...artifact,
      ...(runName === undefined ? {} : { runName }),
      ...(pipeline === undefined ? {} : { pipeline }),
      ...(node === undefined ? {} : { step: node.step }),
      store: { name: artifactStore.name, flavor: artifactStore.flavor },
      uri: artifactStore.uri(more.length === 0 ? only.key : posix.dirname(artifact.key)),
      files: files.map(({ path, size, sha256, key }) => ({ path, size, sha256, uri: artifactStore.uri(key) })),
    };
  });
}

/** What a run took from the cache outlives the run that made it. */
function ignoreDeleted(error: unknown): { readonly name?: string; readonly pipeline?: string } {
  if (MlstackError.is(error) && error.code === 'RUN_NOT_FOUND') return {};
  throw error;
}
