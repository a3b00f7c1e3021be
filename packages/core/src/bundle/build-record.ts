import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import type { TrackedInputs } from './tracked-inputs.ts';

/** What an earlier build of an entry gave, and what it depended on. */
export interface BuildRecord {
  readonly digest: string;
  readonly inputs: TrackedInputs;
}

/** Raised whenever the same inputs would be bundled differently. */
export const bundlerVersion = 1;

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

function recordFile(stateDirectory: string, key: string): string {
  return join(stateDirectory, 'cache', 'builds', `${hashText(`${bundlerVersion}\n${key}`)}.json`);
}
