import type { Page, PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface ListArtifactsOptions extends PageOptions {
  /** Run id or name. */
  readonly run?: string;
  /** Node id; asks for `run`. */
  readonly node?: string;
  readonly pipeline?: string;
  readonly output?: string;
}

/** Newest first. With a run: what it made and what it took from the cache. */
export async function listArtifacts(
  _project: Project,
  _options: ListArtifactsOptions = {},
): Promise<Page<ArtifactRecord>> {
  throw new Error('not there yet');
}
