import type { Project } from '../project/project.ts';
import type { ArtifactFile, ArtifactRecord } from './artifact-record.ts';

export interface ArtifactDescription extends ArtifactRecord {
  readonly runName: string;
  readonly pipeline: string;
  readonly step: string;
  readonly store: { readonly name: string; readonly flavor: string };
  /** For display alone. */
  readonly uri: string;
  readonly files: readonly Pick<ArtifactFile, 'path' | 'size' | 'sha256'>[];
}

/** @param id of an artifact. */
export async function describeArtifact(_project: Project, _id: string): Promise<ArtifactDescription> {
  throw new Error('not there yet');
}
