import { realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { ModuleFileError } from '../errors/bundle-errors.ts';
import type { Bundle } from './bundle-manifest.ts';
import { findUnchangedBundle } from './find-bundle.ts';

export interface BuildOptions {
  /** The module with the user's exports; absolute, or relative to the working directory. */
  readonly file: string;
  /** The project's `.mlstack` folder, absolute. Bundles go to `bundles/<digest>/` in it. */
  readonly stateDirectory: string;
}

/**
 * The user's module with everything it imports, as a folder that can run on its own. Nothing of it is run.
 *
 * Costs about a millisecond where none of its inputs has changed since the last call. Several processes may build the same at
 * once; one that is killed leaves no half bundle.
 *
 * @throws BundleError where the code cannot be bundled, ModuleFileError where there is no such file.
 */
export async function buildBundle({ file, stateDirectory }: BuildOptions): Promise<Bundle> {
  const entry = findModule(file);
  const known = findUnchangedBundle(stateDirectory, entry);
  if (known !== undefined) return known;
  const { assembleBundle } = await import('./assemble-bundle.ts');
  return assembleBundle(entry, projectRoot(entry, stateDirectory), stateDirectory);
}

function findModule(file: string): string {
  try {
    const path = realpathSync(resolve(file));
    if (statSync(path).isFile()) return path;
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    throw new ModuleFileError(file, missing ? 'missing' : 'not-readable');
  }
  throw new ModuleFileError(file, 'not-a-file');
}

/**
 * What the paths in a bundle are relative to, so that they are the same on every machine: the folder of the project, or for a file outside of
 * it the nearest one with a package.json.
 */
function projectRoot(entry: string, stateDirectory: string): string {
  const project = realpathSync(dirname(stateDirectory));
  if (!relative(project, entry).startsWith('..')) return project;
  for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
    if (statSync(join(folder, 'package.json'), { throwIfNoEntry: false }) !== undefined) return folder;
  }
  return dirname(entry);
}
