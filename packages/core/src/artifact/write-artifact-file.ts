import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { makeVolatileFolder } from '../durable-folder.ts';
import { FileNamesCollideError } from '../errors/artifact-errors.ts';

/** Enough for what comes next to arrive and be hashed while the disk takes what was there. */
const waitingBytes = 4 * 1024 * 1024;

/**
 * Writes one file of an artifact into a folder that had nothing in it. Fails with `FileNamesCollideError` where the file system takes its
 * name for that of another one.
 *
 * @param name what the artifact calls it.
 */
export async function writeArtifactFile(
  target: string,
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): Promise<void> {
  makeVolatileFolder(dirname(target));
  try {
    await pipeline(chunks, createWriteStream(target, { flags: 'wx', highWaterMark: waitingBytes }));
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    throw isThere ? new FileNamesCollideError(name, error) : error;
  }
}
