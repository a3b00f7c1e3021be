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
    return JSON.parse(readFileSync(recordFile(stateDirectory, key), 'utf8'));
  } catch {
    return undefined;
  }
}

export function writeBuildRecord(stateDirectory: string, key: string, record: BuildRecord): void {
  replaceFile(recordFile(stateDirectory, key), JSON.stringify(record));
}

/** Another release of core may bundle the same inputs differently. */
function recordFile(stateDirectory: string, key: string): string {
  return join(stateDirectory, 'cache', 'builds', `${hashText(`${coreVersion()}\n${key}`)}.json`);
}
