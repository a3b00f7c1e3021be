import { readdirSync } from 'node:fs';
import { hashFile, hashText } from './content-hash.ts';
import { readFileStamp } from './file-stamp.ts';

/** A file or folder that decided what a build gave, as it was then. `sha256` is absent where there was nothing. */
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

/** Two writes within a clock tick of the coarsest file system in use may leave the same times. */
const tickMs = 2000;
/** How far a file's times may lie before its last write on the file systems that programs are written on. */
const granularityMs = 50;
/** No content has this hash: the next check counts the file as changed. */
const unknown = 'changed while it was read';

/**
 * @param paths absolute; missing ones are tracked as missing.
 * @param checkedAt when the build began.
 * @param read SHA-256 of what the build read, where that is known; for the others the content of now counts if it is older than the build.
 */
export function trackInputs(
  paths: Iterable<string>,
  checkedAt: number,
  read: ReadonlyMap<string, string> = new Map(),
): TrackedInputs {
  const files = [...new Set(paths)].sort().map((path): TrackedFile => {
    const stat = readFileStamp(path);
    if (stat === undefined) return { path };
    const isOlder = stat.changedAt < checkedAt - granularityMs;
    return { path, stat: stat.text, sha256: read.get(path) ?? (isOlder ? hashContent(path) : undefined) ?? unknown };
  });
  return { files, checkedAt };
}

/** Both. Sure of no more than the older of them. */
export function joinInputs(one: TrackedInputs, other: TrackedInputs): TrackedInputs {
  return { files: [...one.files, ...other.files], checkedAt: Math.min(one.checkedAt, other.checkedAt) };
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
    const stat = readFileStamp(file.path);
    if (stat === undefined || file.stat === undefined) {
      if (stat !== undefined || file.stat !== undefined) return undefined;
      files.push(file);
    } else if (stat.text === file.stat && stat.changedAt < inputs.checkedAt - tickMs) {
      files.push(file);
    } else {
      if (hashContent(file.path) !== file.sha256) return undefined;
      reread = true;
      files.push({ ...file, stat: stat.text });
    }
  }
  return reread ? { files, checkedAt: now } : inputs;
}

/** Of a file its bytes, of a folder its names. */
function hashContent(path: string): string | undefined {
  return hashFile(path) ?? hashNames(path);
}

function hashNames(folder: string): string | undefined {
  try {
    return hashText(readdirSync(folder).sort().join('\n'));
  } catch {
    return undefined;
  }
}
