import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder, makeVolatileFolder, syncFolder } from '../durable-folder.ts';
import { ProjectNotWritableError } from '../errors/project-errors.ts';

/** Older unfinished folders were left by processes that were killed. */
const abandonedAfterMs = 60 * 60 * 1000;
const unfinished = '.unfinished-';

/**
 * Makes a folder with the given files, durable, all of it or nothing. One that is there already, made meanwhile by another process, stays: a
 * folder's name stands for its content.
 *
 * @param twin a folder whose durable files of the same paths have the same content and never change: shared instead of written again.
 */
export function writeContentFolder(
  directory: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  twin?: string,
): void {
  const parent = dirname(directory);
  const temporary = join(parent, `${unfinished}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    makeFolder(parent);
    const folders = new Set([temporary]);
    for (const [path, content] of files) {
      const target = join(temporary, path);
      makeVolatileFolder(dirname(target));
      for (let folder = dirname(target); folder !== parent; folder = dirname(folder)) folders.add(folder);
      if (twin === undefined || !isShared(join(twin, path), target)) writeDurably(target, content);
    }
    for (const folder of folders) syncFolder(folder);
    renameSync(temporary, directory);
    syncFolder(parent);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(directory)) throw explain(error, directory);
  }
  removeAbandoned(parent);
}

/** Replaces one file, durably, in one step. */
export function replaceFile(path: string, content: string): void {
  const parent = dirname(path);
  const temporary = join(parent, `${unfinished}${process.pid}-${randomBytes(6).toString('hex')}`);
  try {
    makeFolder(parent);
    writeDurably(temporary, content);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw explain(error, path);
  }
  syncFolder(parent);
}

/** What the disk says is told with the place. */
function explain(error: unknown, path: string): unknown {
  return error instanceof Error && 'syscall' in error ? new ProjectNotWritableError(path, error) : error;
}

/** False where the file is not there, or the file system has no links. */
function isShared(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch {
    return false;
  }
}

function writeDurably(path: string, content: string | Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(unfinished)) continue;
    const stat = statSync(join(parent, name), { throwIfNoEntry: false });
    if (stat !== undefined && Date.now() - stat.mtimeMs > abandonedAfterMs) {
      rmSync(join(parent, name), { recursive: true, force: true });
    }
  }
}
