import type { Project } from '../project/project.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface ArtifactLineageOptions {
  /** `up`: what it was made from. `down`: what was made from it. Default `both`. */
  readonly direction?: 'up' | 'down' | 'both';
  /** How many steps away. Default 20. */
  readonly depth?: number;
  /** Most steps in the answer, nearest first. Default 200. */
  readonly limit?: number;
}

/** One execution of a step between artifacts. */
export interface LineageStep {
  readonly runId: string;
  readonly nodeId: string;
  readonly step: string;
  /** Artifact ids by input name. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Artifact ids by output name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface ArtifactLineage {
  readonly artifact: ArtifactRecord;
  readonly steps: readonly LineageStep[];
  /** Every artifact that a step of the answer names, by id. */
  readonly artifacts: Readonly<Record<string, ArtifactRecord>>;
  /** True where the limit or the depth left something out: ask again for an artifact at the edge. */
  readonly truncated: boolean;
}

export async function artifactLineage(
  _project: Project,
  _id: string,
  _options: ArtifactLineageOptions = {},
): Promise<ArtifactLineage> {
  throw new Error('not there yet');
}
