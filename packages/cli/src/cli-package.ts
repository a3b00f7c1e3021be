import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of this package: the parent of `src/` as well as of the flat `dist/`. */
export const packageDirectory = join(import.meta.dirname, '..');

export interface CliManifest {
  readonly name: string;
  readonly version: string;
  /** Address for reports of errors. */
  readonly bugs: string;
  readonly oclif: Record<string, unknown>;
}

export function readCliManifest(): CliManifest {
  return JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8'));
}
