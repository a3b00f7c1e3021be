import { readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildRecord } from './build-record.ts';
import { confirmInputs } from './tracked-inputs.ts';

export interface PruneBundlesOptions {
  /** What was used later than this stays. */
  readonly olderThan: Date;
  /** Of the given digests those that must stay. */
  findNeeded(digests: readonly string[]): Promise<ReadonlySet<string>>;
  /** Only tell. */
  readonly dryRun?: boolean;
}

/**
 * Removes the bundles that nobody needs: nothing that was built from is still as it was then, and nobody says otherwise.
 *
 * @returns how many.
 */
export async function pruneBundles(
  stateDirectory: string,
  { olderThan, findNeeded, dryRun = false }: PruneBundlesOptions,
): Promise<number> {
  const folder = join(stateDirectory, 'bundles');
  const isOld = (path: string) =>
    (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < olderThan.getTime();
  const old = list(folder).filter((name) => /^[0-9a-f]{64}$/.test(name) && isOld(join(folder, name)));
  if (old.length === 0) return 0;
  const current = dropOutdatedRecords(join(stateDirectory, 'cache', 'builds'), isOld, dryRun);
  const outdated = old.filter((digest) => !current.has(digest));
  const needed = await findNeeded(outdated);
  const unneeded = outdated.filter((digest) => !needed.has(digest));
  if (dryRun) return unneeded.length;
  // Asking and removing take their time; who took one meanwhile has noted it.
  return unneeded.filter((digest) => isOld(join(folder, digest)) && removeBundle(folder, digest)).length;
}

/** False where another process has just removed it. */
function removeBundle(folder: string, digest: string): boolean {
  // A folder under its own name is whole.
  const doomed = join(folder, `.unfinished-${process.pid}-${digest}`);
  try {
    renameSync(join(folder, digest), doomed);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
  rmSync(doomed, { recursive: true, force: true });
  return true;
}

/** Digests that the next build of unchanged code would take. Records of builds from what has changed since are removed. */
function dropOutdatedRecords(folder: string, isOld: (path: string) => boolean, dryRun: boolean): ReadonlySet<string> {
  const current = new Set<string>();
  for (const path of list(folder).map((name) => join(folder, name))) {
    try {
      const record: BuildRecord = JSON.parse(readFileSync(path, 'utf8'));
      if (confirmInputs(record.inputs) !== undefined) current.add(record.digest);
      else if (!dryRun && isOld(path)) rmSync(path, { force: true });
    } catch {
      // Written by another release, or being replaced.
    }
  }
  return current;
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
