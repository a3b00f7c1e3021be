import { statSync } from 'node:fs';

/** What a file or folder is known by without a look into it. */
export interface FileStamp {
  /** Another one after any write, also where an installer gives files the times of their archive. */
  readonly text: string;
  /** When it was changed last, in milliseconds. */
  readonly changedAt: number;
}

/** Nothing where there is neither file nor folder. */
export function readFileStamp(path: string): FileStamp | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  return {
    text: `${stat.isFile() ? stat.size : 'folder'} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}`,
    changedAt: Math.max(stat.mtimeMs, stat.ctimeMs),
  };
}
