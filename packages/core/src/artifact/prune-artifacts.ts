import type { Project } from '../project/project.ts';

export interface PruneArtifactsOptions {
  /** What is younger stays. Default: one hour. */
  readonly gracePeriodMs?: number;
  /** Only tell. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}
export interface PrunedArtifacts {
  readonly objects: number;
  /** Bytes. */
  readonly size: number;
  /** Unfinished writes of processes that died. */
  readonly unfinished: number;
  readonly dryRun: boolean;
}

/** Removes bytes of the stack's artifact store that no record of its metadata store refers to. Looks only at what this metadata store's runs wrote. */
export async function pruneArtifacts(
  _project: Project,
  _options: PruneArtifactsOptions = {},
): Promise<PrunedArtifacts> {
  throw new Error('not there yet');
}
