import type { Stats } from 'node:fs';
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, syncFolder } from '@mlstack/core/flavor';
import { isSystemError } from './file-system-error.ts';

const rememberedFolders = 10_000;

/** Folders below a root that lead to no other place: what lies in them lies below the root. */
export class FolderTree {
  readonly root: string;
  /** Folders that were made or met here, whose entries above are durable: as long as one is the same, nothing above is looked at again. */
  readonly #known = new Map<string, FolderIdentity>();

  constructor(root: string) {
    this.root = root;
  }

  /** Makes the folder of these segments and its entries above durable. Throws where a symbolic link or a file is in the way. */
  make(segments: readonly string[]): string {
    const target = join(this.root, ...segments);
    if (this.#isKnown(target)) return target;
    let folder = this.root;
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) makeFolder(folder, 0o700);
    for (const segment of segments) {
      const above = folder;
      folder = join(above, segment);
      const identity = this.#identify(folder) ?? this.#makeOne(folder);
      if (isSame(this.#known.get(folder), identity)) continue;
      syncFolder(above);
      if (this.#known.size >= rememberedFolders) this.#known.clear();
      this.#known.set(folder, identity);
    }
    return target;
  }

  /** The folder of these segments; undefined where there is none, or only by way of a symbolic link. */
  find(segments: readonly string[]): string | undefined {
    const target = join(this.root, ...segments);
    if (this.#isKnown(target)) return target;
    let folder = this.root;
    for (const segment of segments) {
      folder = join(folder, segment);
      if (!lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
    }
    return target;
  }

  #isKnown(folder: string): boolean {
    const known = this.#known.get(folder);
    return known !== undefined && isSame(known, lstatSync(folder, { throwIfNoEntry: false }));
  }

  #makeOne(folder: string): FolderIdentity {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (!isSystemError(error, 'EEXIST')) throw error;
    }
    return this.#identify(folder) ?? this.#makeOne(folder);
  }

  #identify(folder: string): FolderIdentity | undefined {
    const stat = lstatSync(folder, { throwIfNoEntry: false });
    if (stat !== undefined && !stat.isDirectory()) throw new NotAFolderError(folder, stat.isSymbolicLink());
    return stat && { ino: stat.ino, birthtimeMs: stat.birthtimeMs };
  }
}

/** An inode number alone may soon be that of another folder. */
type FolderIdentity = Pick<Stats, 'ino' | 'birthtimeMs'>;

function isSame(one: FolderIdentity | undefined, other: FolderIdentity | undefined): boolean {
  return one?.ino === other?.ino && one?.birthtimeMs === other?.birthtimeMs;
}

/** Something else lies where a folder must be. */
export class NotAFolderError extends Error {
  constructor(path: string, isLink: boolean) {
    super(isLink ? `${path} is a symbolic link, which is not followed` : `${path} is not a folder`);
  }
}
