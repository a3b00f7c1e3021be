import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../durable-folder.ts';
import { ProjectNotWritableError } from '../errors/project-errors.ts';

/**
 * Writes a file that is there whole or not at all, also after a power cut: temporary name in the same folder, fsync, rename,
 * fsync of the folder. Readable by the owner alone.
 *
 * With `ifAbsent` nothing is replaced, and the answer is whether it was this call that made the file.
 */
export function writeFileAtomically(path: string, text: string, { ifAbsent = false } = {}): boolean {
  const temporary = `${path}.${crypto.randomUUID().slice(-12)}.tmp`;
  try {
    writeDurably(temporary, text);
    const isOurs = ifAbsent ? linkIfAbsent(temporary, path) : true;
    if (!ifAbsent) renameSync(temporary, path);
    syncFolder(dirname(path));
    return isOurs;
  } catch (error) {
    throw new ProjectNotWritableError(path, error);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Names of what a writer that was killed may have left beside `path`. */
export function isTemporaryOf(fileName: string, name: string): boolean {
  return name.startsWith(`${fileName}.`) && /^[0-9a-f]{12}\.tmp$/.test(name.slice(fileName.length + 1));
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function linkIfAbsent(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
