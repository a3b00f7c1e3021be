import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '../core-version.ts';
import { replaceFile } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import type { TrackedInputs } from './tracked-inputs.ts';

/** What an earlier build of an entry gave, and what it depended on. */
export interface BuildRecord {
  readonly digest: string;
  readonly inputs: TrackedInputs;
}

/** Nothing where there is no usable record. */
export function readBuildRecord(stateDirectory: string, key: string): BuildRecord | undefined {
  try {
    const record: BuildRecord & { readonly key?: unknown } = JSON.parse(
      readFileSync(recordFile(stateDirectory, key), 'utf8'),
    );
    return record.key === key ? record : undefined;
  } catch {
    return undefined;
  }
}

export function writeBuildRecord(stateDirectory: string, key: string, { digest, inputs }: BuildRecord): void {
  replaceFile(recordFile(stateDirectory, key), JSON.stringify({ key, digest, inputs }));
}

const longestName = 200;

/**
 * Another release of core may bundle the same inputs differently. Named by the key itself where that fits: a hash would have each
 * run load a library of cryptography before it begins. Where a file system takes two names for one, the key in the record tells.
 */
function recordFile(stateDirectory: string, key: string): string {
  const name = encodeURIComponent(`${coreVersion()} ${key}`.toWellFormed()).replaceAll('*', '%2A');
  return join(stateDirectory, 'cache', 'builds', `${name.length > longestName ? hashText(name) : name}.json`);
}
