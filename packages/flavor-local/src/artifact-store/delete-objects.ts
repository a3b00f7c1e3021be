import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { syncFolder } from '@mlstack/core/flavor';
import { isSystemError } from '../file-system-error.ts';
import type { FolderTree } from '../folder-tree.ts';
import type { ObjectPath } from './object-path.ts';

const filesPerTurn = 256;

/** Removes files, then those folders that became empty. A writer elsewhere makes its folder again. */
export async function deleteObjects(
  tree: FolderTree,
  paths: readonly ObjectPath[],
  signal?: AbortSignal,
): Promise<void> {
  const touched = new Map<string, readonly string[]>();
  try {
    for (const [index, { folders, name }] of paths.entries()) {
      if (index % filesPerTurn === filesPerTurn - 1) {
        await setImmediate();
        signal?.throwIfAborted();
      }
      const folder = tree.find(folders);
      if (folder === undefined) continue;
      const file = join(folder, name);
      if (!lstatSync(file, { throwIfNoEntry: false })?.isFile()) continue;
      if (attempt(() => unlinkSync(file), 'ENOENT')) touched.set(folder, folders);
    }
  } finally {
    for (const folders of touched.values()) removeEmptyFolders(tree, folders);
  }
}

function removeEmptyFolders(tree: FolderTree, folders: readonly string[]): void {
  for (let depth = folders.length; depth >= 0; depth--) {
    const folder = join(tree.root, ...folders.slice(0, depth));
    if (depth === 0 || !attempt(() => rmdirSync(folder), 'ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY')) {
      attempt(() => syncFolder(folder), 'ENOENT');
      return;
    }
  }
}

/** False where it failed in one of these ways. */
function attempt(change: () => void, ...harmless: readonly string[]): boolean {
  try {
    change();
    return true;
  } catch (error) {
    if (isSystemError(error, ...harmless)) return false;
    throw error;
  }
}
