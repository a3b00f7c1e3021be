import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { ArtifactNotFoundError, ArtifactStoreGoneError } from '../errors/artifact-lookup-errors.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { Project } from '../project/project.ts';
import { useStack } from '../run/use-stack.ts';
import type { OpenStack } from '../stack/open-stack.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface FoundArtifact {
  readonly artifact: ArtifactRecord;
  readonly metadataStore: MetadataStore;
  /** The one that holds its bytes. */
  readonly artifactStore: ArtifactStore;
}

/** Finds an artifact and the store that it lies in, which need not be that of the stack as it is now. */
export async function useArtifact<Result>(
  project: Project,
  id: string,
  work: (found: FoundArtifact) => Promise<Result>,
): Promise<Result> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const artifact = await metadataStore.getArtifact(id);
    if (artifact === undefined) throw new ArtifactNotFoundError(id);
    if (stack.reference('artifact-store')?.id === artifact.storeId) {
      return await work({ artifact, metadataStore, artifactStore: await stack.component('artifact-store') });
    }
    const earlier = await openStackOf(project, metadataStore, artifact);
    try {
      return await work({ artifact, metadataStore, artifactStore: await earlier.component('artifact-store') });
    } finally {
      await earlier.close();
    }
  });
}

/** The stack of the run that made it, else a registered component with the id. */
async function openStackOf(
  project: Project,
  metadataStore: MetadataStore,
  artifact: ArtifactRecord,
): Promise<OpenStack> {
  const { OpenStack, openSnapshot, referenceTo } = await import('../stack/open-stack.ts');
  const registered = project.registry.read().components.find(({ id }) => id === artifact.storeId);
  if (registered !== undefined) {
    return new OpenStack(project, { name: registered.name, components: [referenceTo(project, registered)] });
  }
  try {
    const { record } = await metadataStore.getRun(artifact.runId);
    return openSnapshot(project, record.stack);
  } catch (error) {
    if (MlstackError.is(error) && error.code === 'RUN_NOT_FOUND') throw new ArtifactStoreGoneError(artifact.id);
    throw error;
  }
}
