import type { Writable } from 'node:stream';
import type { Project } from '../project/project.ts';
import type { ArtifactRecord } from './artifact-record.ts';

export interface WrittenArtifact {
  readonly artifact: ArtifactRecord;
  /** Absolute paths; empty where it went to a stream. */
  readonly files: readonly string[];
}

/**
 * Writes the stored files, compared with their hashes on the way. An artifact of one file becomes the file `to`, one of several a folder, which a stream
 * cannot take. A path that exists is refused.
 */
export async function getArtifact(
  _project: Project,
  _id: string,
  _to: string | Writable,
  _options: { readonly signal?: AbortSignal } = {},
): Promise<WrittenArtifact> {
  throw new Error('not there yet');
}
