import { statSync } from 'node:fs';
import { hashFile } from './content-hash.ts';

/** A file that decided what a build gave, as it was then. `sha256` is absent where there was no file. */
interface TrackedFile {
  readonly path: string;
  readonly stat?: string;
  readonly sha256?: string;
}

/** The files that a build read, and those whose absence mattered. Part of a cache's record. */
export interface TrackedInputs {
  readonly files: readonly TrackedFile[];
  /** When they were looked at, in milliseconds: a stat no older than this proves nothing. */
  readonly checkedAt: number;
}

/** A clock tick of any file system in use: two writes within it may leave the same times. */
const tickMs = 2000;

/** @param paths absolute; missing ones are tracked as missing. */
export function trackInputs(paths: Iterable<string>, checkedAt: number): TrackedInputs {
  const files = [...new Set(paths)].sort().map((path): TrackedFile => {
    const stat = readStat(path);
    const sha256 = stat === undefined ? undefined : hashFile(path);
    return sha256 === undefined || stat === undefined ? { path } : { path, stat: stat.text, sha256 };
  });
  return { files, checkedAt };
}

/**
 * Whether every input is what it was. The stat decides where it is the same and was old when it was noted; the content does
 * otherwise, so that a touched file or a fresh checkout of the same commit counts as unchanged.
 *
 * @returns nothing where an input changed; the same object where the stats alone proved that none did; else a newer one to be noted,
 * so that the next check need not read the contents again.
 */
export function confirmInputs(inputs: TrackedInputs): TrackedInputs | undefined {
  const now = Date.now();
  let reread = false;
  const files: TrackedFile[] = [];
  for (const file of inputs.files) {
    const stat = readStat(file.path);
    if (stat === undefined || file.stat === undefined) {
      if (stat !== undefined || file.stat !== undefined) return undefined;
      files.push(file);
    } else if (stat.text === file.stat && stat.changedAt < inputs.checkedAt - tickMs) {
      files.push(file);
    } else {
      if (hashFile(file.path) !== file.sha256) return undefined;
      reread = true;
      files.push({ ...file, stat: stat.text });
    }
  }
  return reread ? { files, checkedAt: now } : inputs;
}

/** Nothing where there is no file; a folder counts as none. */
function readStat(path: string): { readonly text: string; readonly changedAt: number } | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return undefined;
  return {
    text: `${stat.size} ${stat.mtimeMs} ${stat.ctimeMs} ${stat.ino}`,
    changedAt: Math.max(stat.mtimeMs, stat.ctimeMs),
  };
}
