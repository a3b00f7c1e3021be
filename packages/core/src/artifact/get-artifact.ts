import { once } from 'node:events';
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Writable } from 'node:stream';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { makeFolder } from '../durable-folder.ts';
import { ArtifactTargetError } from '../errors/artifact-lookup-errors.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { FileNotWrittenError } from '../errors/project-errors.ts';
import type { Project } from '../project/project.ts';
import type { ArtifactFile, ArtifactRecord } from './artifact-record.ts';
import { useArtifact } from './use-artifact.ts';
import { writeArtifactFile } from './write-artifact-file.ts';

const freePathHint = 'Name a path that is not there yet.';

export interface WrittenArtifact {
  readonly artifact: ArtifactRecord;
  /** Absolute paths; empty where it went to a stream. */
  readonly files: readonly string[];
}

/**
 * Writes the stored files, compared with their hashes on the way. An artifact of one file becomes the file `to`, one of several a
 * folder, which a stream cannot take. A path that exists is refused with `ArtifactTargetError`; a path appears whole or not at all.
 */
export async function getArtifact(
  project: Project,
  id: string,
  to: string | Writable,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<WrittenArtifact> {
  return await useArtifact(project, id, async ({ artifact, artifactStore }) => {
    const { listArtifactFiles, readVerified } = await import('./load-artifact.ts');
    const files = await listArtifactFiles(artifactStore, artifact, signal);
    const [only] = files;
    if (typeof to !== 'string') {
      if (only === undefined || files.length > 1) {
        throw new ArtifactTargetError(id, `it has ${files.length} files`, 'Name a folder that is not there yet.');
      }
      await copyToStream(readVerified(artifactStore, only, signal), to);
      return { artifact, files: [] };
    }
    const target = resolve(to);
    if ((await lstat(target).catch(() => undefined)) !== undefined) {
      throw new ArtifactTargetError(id, `${target} exists already`, freePathHint);
    }
    try {
      return { artifact, files: await writeToPath(artifactStore, artifact, files, target, signal) };
    } catch (error) {
      const isOfDisk = error instanceof Error && 'syscall' in error && !MlstackError.is(error);
      throw isOfDisk ? new FileNotWrittenError(target, error) : error;
    }
  });
}

/** The stream stays open: it may be the standard output. */
async function copyToStream(chunks: AsyncIterable<Uint8Array>, stream: Writable): Promise<void> {
  for await (const chunk of chunks) if (!stream.write(chunk)) await once(stream, 'drain');
}

async function writeToPath(
  store: ArtifactStore,
  artifact: ArtifactRecord,
  files: readonly ArtifactFile[],
  target: string,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { readVerified } = await import('./load-artifact.ts');
  const parent = dirname(target);
  makeFolder(parent);
  const temporary = await mkdtemp(join(parent, `.${basename(target)}.`));
  try {
    const isSingle = files.length === 1 && !files[0]?.path.includes('/');
    const content = join(temporary, isSingle ? 'file' : 'folder');
    const written: string[] = [];
    for (const file of files) {
      const path = isSingle ? content : resolveInside(content, file.path, artifact.id);
      await writeArtifactFile(path, readVerified(store, file, signal), file.path);
      written.push(isSingle ? target : join(target, file.path));
    }
    await (isSingle ? putFile : rename)(content, target).catch((error: unknown) => {
      if (!isThere(error)) throw error;
      throw new ArtifactTargetError(artifact.id, `${target} exists already`, freePathHint);
    });
    return written;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Replaces nothing: what has appeared there meanwhile is somebody else's. */
async function putFile(content: string, target: string): Promise<void> {
  try {
    await link(content, target);
  } catch (error) {
    if (isThere(error)) throw error;
    // A file system without links.
    await copyFile(content, target, constants.COPYFILE_EXCL);
  }
}

function isThere(error: unknown): boolean {
  const taken = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR'];
  return error instanceof Error && 'code' in error && taken.includes(String(error.code));
}

/** A manifest is data from a store: it must not lead out of the folder. */
function resolveInside(folder: string, path: string, id: string): string {
  const resolved = resolve(folder, path);
  if (resolved.startsWith(folder + sep)) return resolved;
  throw new ArtifactTargetError(
    id,
    `its file ${JSON.stringify(path)} leads out of the folder`,
    'Do not trust its store.',
  );
}
