import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import { runsFromSource } from './share-core.ts';
import type { TrackedInputs } from './tracked-inputs.ts';

/** What an earlier build of an entry gave, and what it depended on. */
export interface BuildRecord {
  readonly digest: string;
  readonly inputs: TrackedInputs;
}

const manifest = new URL(runsFromSource ? '../../package.json' : '../package.json', import.meta.url);

/** Another release of core may bundle the same inputs differently. */
export const bundlerVersion: string = JSON.parse(readFileSync(manifest, 'utf8')).version;

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
