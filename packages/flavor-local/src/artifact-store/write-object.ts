import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriteReceipt } from '@mlstack/core/flavor';
import { syncFolder } from '@mlstack/core/flavor';
import { isSystemError } from '../file-system-error.ts';
import type { FolderTree } from '../folder-tree.ts';
import type { ObjectPath } from './object-path.ts';
import { claimName, temporaryName } from './object-path.ts';

/** Up to this size blocking calls are several times as fast as asynchronous ones, and block for no longer than an fsync. */
const smallBytes = 1 << 20;
const batchBytes = 1 << 20;
/** What was written is sent to the disk while more is written, so that the last fsync finds little left to do. */
const syncBytes = 32 << 20;

export interface WriteTarget extends ObjectPath {
  readonly ifAbsent: boolean;
  /** Bytes, where known beforehand. */
  readonly size: number | undefined;
}

/** `ifAbsent` met an object. */
export class TakenError extends Error {}
/** A body had another length than was said. */
export class LengthError extends Error {}

/** Writes under a temporary name, makes the bytes durable, gives the file its name, makes the name durable. */
export async function writeObject(
  tree: FolderTree,
  target: WriteTarget,
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<WriteReceipt> {
  if (target.ifAbsent) refuseTaken(tree, target);
  if (!(body instanceof Uint8Array)) return writeStream(tree, target, body);
  return body.length <= smallBytes ? writeBytes(tree, target, body) : writeStream(tree, target, slices(body));
}

function writeBytes(tree: FolderTree, target: WriteTarget, body: Uint8Array): WriteReceipt {
  checkLength(target, body.length);
  const { descriptor, file } = withFolder(tree, target, (temporary) => ({
    descriptor: openSync(temporary, 'wx', 0o600),
    file: temporary,
  }));
  try {
    try {
      for (let written = 0; written < body.length; ) written += writeSync(descriptor, body, written);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    publish(tree, target, file);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
  return { size: body.length, sha256: createHash('sha256').update(body).digest('hex') };
}

async function writeStream(
  tree: FolderTree,
  target: WriteTarget,
  body: AsyncIterable<Uint8Array>,
): Promise<WriteReceipt> {
  const { handle, file } = withFolder(tree, target, (temporary) => {
    // Made by a blocking call, so that nobody can remove its folder in between.
    closeSync(openSync(temporary, 'wx', 0o600));
    return { handle: open(temporary, 'r+'), file: temporary };
  });
  try {
    const hash = createHash('sha256');
    const opened = await handle;
    let size: number;
    try {
      size = await copyBody(body, opened, hash, target);
      await opened.sync();
    } finally {
      await opened.close();
    }
    publish(tree, target, file);
    return { size, sha256: hash.digest('hex') };
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

/** One batch is written while the next is taken from the body and hashed. */
async function copyBody(
  body: AsyncIterable<Uint8Array>,
  file: FileHandle,
  hash: Hash,
  target: WriteTarget,
): Promise<number> {
  let batch: Uint8Array[] = [];
  let batched = 0;
  let size = 0;
  let synced = 0;
  let writing: Promise<void> = Promise.resolve();
  let syncing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = writeAll(file, batch);
    writing.catch(() => {});
    batch = [];
    batched = 0;
  };
  try {
    for await (const chunk of body) {
      batch.push(chunk);
      batched += chunk.length;
      size += chunk.length;
      if (target.size !== undefined && size > target.size) break;
      if (batched >= batchBytes) await flush();
      hash.update(chunk);
      if (size - synced >= syncBytes) {
        synced = size;
        await syncing;
        syncing = file.datasync();
        syncing.catch(() => {});
      }
    }
    checkLength(target, size);
    if (batched > 0) await flush();
    await writing;
    await syncing;
    return size;
  } finally {
    await Promise.allSettled([writing, syncing]);
  }
}

async function writeAll(file: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  let { bytesWritten } = await file.writev(chunks);
  for (const chunk of chunks) {
    for (let written = Math.min(bytesWritten, chunk.length); written < chunk.length; ) {
      // A short write is rare (a full disk, a signal): what is left is written piece by piece, and the error shows.
      const rest = await file.write(chunk, written);
      written += rest.bytesWritten;
    }
    bytesWritten = Math.max(0, bytesWritten - chunk.length);
  }
}

async function* slices(body: Uint8Array): AsyncIterable<Uint8Array> {
  for (let start = 0; start < body.length; start += batchBytes) yield body.subarray(start, start + batchBytes);
}

function checkLength({ size: expected }: WriteTarget, actual: number): void {
  if (expected === undefined || expected === actual) return;
  throw new LengthError(
    actual > expected
      ? `its body is longer than the ${expected} bytes that were announced`
      : `its body ended after ${actual} of ${expected} bytes`,
  );
}

/** A folder that a `delete` elsewhere removes before anything is in it is made again. */
function withFolder<Result>(tree: FolderTree, target: WriteTarget, create: (temporary: string) => Result): Result {
  for (let attempt = 1; ; attempt++) {
    try {
      return create(join(tree.make(target.folders), temporaryName(target.name)));
    } catch (error) {
      if (attempt === 100 || !isSystemError(error, 'ENOENT')) throw error;
    }
  }
}

function refuseTaken(tree: FolderTree, { folders, name }: WriteTarget): void {
  const folder = tree.find(folders);
  if (folder !== undefined) refuseTakenName(join(folder, name));
}

function refuseTakenName(file: string): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new Error('it is the folder of other objects');
  if (stat !== undefined) throw new TakenError();
}

function publish(tree: FolderTree, target: WriteTarget, temporary: string): void {
  const folder = join(tree.root, ...target.folders);
  const file = join(folder, target.name);
  if (target.ifAbsent) renameIfAbsent(temporary, file);
  else renameSync(temporary, file);
  syncFolder(folder);
}

/**
 * Gives a file its name unless that is taken: a link is refused where the name exists. On a file system without links the
 * writers exclude each other by a claim beside the name; one that died holding it leaves what `deleteUnfinished` removes.
 */
export function renameIfAbsent(temporary: string, file: string, link: typeof linkSync = linkSync): void {
  try {
    link(temporary, file);
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) refuseTakenName(file);
    if (!isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    renameUnderClaim(temporary, file);
    return;
  }
  rmSync(temporary);
}

function renameUnderClaim(temporary: string, file: string): void {
  const claim = claimName(file);
  try {
    closeSync(openSync(claim, 'wx', 0o600));
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw new Error('another writer is just creating it, or died while it did');
    throw error;
  }
  try {
    refuseTakenName(file);
    renameSync(temporary, file);
  } finally {
    rmSync(claim, { force: true });
  }
}
