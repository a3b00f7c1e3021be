import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ReadOptions } from '@mlstack/core/flavor';
import { isSystemError } from '../file-system-error.ts';
import type { FolderTree } from '../folder-tree.ts';
import type { ObjectPath } from './object-path.ts';

const readAt = promisify(read);
/** Read by one blocking call. */
const smallBytes = 256 << 10;
const chunkBytes = 1 << 20;

/** Nothing is stored there. */
export class MissingError extends Error {}

/** One chunk is read while the one before is being used. */
export async function* readObject(
  tree: FolderTree,
  path: ObjectPath,
  { signal, range }: ReadOptions,
): AsyncGenerator<Uint8Array> {
  const descriptor = openObject(tree, path);
  let ahead: Promise<Uint8Array> | undefined;
  try {
    const { size } = fstatSync(descriptor);
    const start = range?.start ?? 0;
    const end = Math.min(range?.end ?? size, size);
    if (start >= end) return;
    if (end - start <= smallBytes) {
      yield readSmall(descriptor, start, end);
      return;
    }
    ahead = readChunk(descriptor, start, end);
    for (let position = start; ahead !== undefined; ) {
      const chunk: Uint8Array = await ahead;
      position += chunk.length;
      ahead = position < end ? readChunk(descriptor, position, end) : undefined;
      ahead?.catch(() => {});
      signal?.throwIfAborted();
      yield chunk;
    }
  } finally {
    await ahead?.catch(() => {});
    closeSync(descriptor);
  }
}

/** Does not follow a symbolic link and does not wait for a pipe's writer: neither is an object. */
function openObject(tree: FolderTree, { folders, name }: ObjectPath): number {
  const folder = tree.find(folders);
  if (folder === undefined) throw new MissingError();
  try {
    const descriptor = openSync(
      join(folder, name),
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    if (fstatSync(descriptor).isFile()) return descriptor;
    closeSync(descriptor);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ELOOP', 'ENXIO')) throw error;
  }
  throw new MissingError();
}

function readSmall(descriptor: number, start: number, end: number): Uint8Array {
  const chunk = new Uint8Array(end - start);
  for (let filled = 0; filled < chunk.length; ) {
    const bytesRead = readSync(descriptor, chunk, filled, chunk.length - filled, start + filled);
    if (bytesRead === 0) throw new Error(`it ended after ${start + filled} bytes`);
    filled += bytesRead;
  }
  return chunk;
}

async function readChunk(descriptor: number, position: number, end: number): Promise<Uint8Array> {
  const length = Math.min(chunkBytes, end - position);
  const { bytesRead, buffer } = await readAt(descriptor, Buffer.allocUnsafeSlow(length), 0, length, position);
  if (bytesRead === 0) throw new Error(`it ended after ${position} bytes`);
  return buffer.subarray(0, bytesRead);
}
