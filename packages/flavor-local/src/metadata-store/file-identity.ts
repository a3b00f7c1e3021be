import { realpathSync, statSync } from 'node:fs';

/** What tells a database file from a copy of it, as far as a file system does. */
export interface FileIdentity {
  readonly inode: string;
  /** Milliseconds since 1970. */
  readonly madeAt: number;
  readonly path: string;
}

export function readFileIdentity(file: string): FileIdentity {
  const { ino, birthtimeMs } = statSync(file, { bigint: true });
  return { inode: String(ino), madeAt: Number(birthtimeMs), path: realpathSync(file) };
}

/**
 * A file that was moved keeps its inode, and what has another inode at each start of a container keeps its place and its time. A copy has
 * an inode of its own, and its time or its place is another.
 */
export function isCopyOf(original: FileIdentity, found: FileIdentity): boolean {
  const isElsewhere = original.madeAt !== found.madeAt || original.path !== found.path;
  return original.inode !== found.inode && isElsewhere;
}
