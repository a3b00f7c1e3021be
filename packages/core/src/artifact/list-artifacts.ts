import type { Page, PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import { useStack } from '../run/use-stack.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface ListArtifactsOptions extends PageOptions {
  /** Run id or name. */
  readonly run?: string;
  /** Node id. */
  readonly node?: string;
  readonly pipeline?: string;
  readonly output?: string;
}

/** Newest first. With a run: what it made and what it took from the cache. */
export async function listArtifacts(
  project: Project,
  { run, node, ...options }: ListArtifactsOptions = {},
): Promise<Page<ArtifactRecord>> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const runId = run === undefined ? undefined : (await metadataStore.getRun(run)).id;
    return await metadataStore.listArtifacts({
      ...options,
      ...(runId === undefined ? {} : { runId }),
      ...(node === undefined ? {} : { nodeId: node }),
    });
  });
}
