import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder's entries durable. Windows knows no such thing: its file systems journal them. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes a folder and those above it, durably. Step by step: Node's own `recursive` never ends where a folder that is there takes no entry, as
 * in `/proc`.
 *
 * @param mode of those that are made.
 */
export function makeFolder(folder: string, mode?: number): void {
  makeFolders(folder, mode, syncFolder);
}

/** As `makeFolder`, for what need not survive a power cut. */
export function makeVolatileFolder(folder: string, mode?: number): void {
  makeFolders(folder, mode);
}

function makeFolders(folder: string, mode: number | undefined, sync?: (folder: string) => void): void {
  if (isFolder(folder)) return;
  const above = dirname(folder);
  if (!existsSync(above) && above !== folder) makeFolders(above, mode, sync);
  try {
    mkdirSync(folder, mode);
  } catch (error) {
    // Another process may have been faster.
    if (isFolder(folder)) return;
    throw error;
  }
  sync?.(above);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
