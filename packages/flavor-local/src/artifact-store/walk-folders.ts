import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isSystemError } from '../file-system-error.ts';
import type { FolderTree } from '../folder-tree.ts';
import { isObjectName } from './object-path.ts';

export interface FoundFile {
  /** Key of the folder with a slash behind it; empty for the root. */
  readonly folder: string;
  readonly name: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

/** How many files are looked at before others get their turn. */
const filesPerTurn = 256;

/**
 * Every regular file whose key may begin with `prefix`, in ascending byte order of keys. Holds the names of one folder and of
 * those above it. Links, and what vanishes meanwhile, are left out.
 */
export async function* walkFolders(tree: FolderTree, prefix: string): AsyncGenerator<FoundFile> {
  const segments = prefix.split('/').slice(0, -1);
  if (!segments.every((segment) => isObjectName(segment) && segment !== '.' && segment !== '..')) return;
  const folder = tree.find(segments);
  if (folder === undefined) return;
  const turn = { files: 0 };
  yield* walk(folder, segments.map((segment) => `${segment}/`).join(''), prefix, turn);
}

async function* walk(path: string, folder: string, prefix: string, turn: { files: number }): AsyncGenerator<FoundFile> {
  for (const entry of await readFolder(path)) {
    const key = folder + entry;
    if (entry.endsWith('/')) {
      if (key.startsWith(prefix) || prefix.startsWith(key)) yield* walk(join(path, entry), key, prefix, turn);
    } else if (key.startsWith(prefix)) {
      const stat = lstatSync(join(path, entry), { throwIfNoEntry: false });
      if (stat?.isFile()) yield { folder, name: entry, size: stat.size, modifiedAt: stat.mtime };
      if (++turn.files % filesPerTurn === 0) await setImmediate();
    }
  }
}

/** Names, folders with a slash behind them: so the order of names is the order of keys. */
async function readFolder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .flatMap((entry) => {
        if (entry.isDirectory()) return isObjectName(entry.name) ? [`${entry.name}/`] : [];
        return entry.isFile() ? [entry.name] : [];
      })
      .sort();
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
