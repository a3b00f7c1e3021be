import { statSync } from 'node:fs';
import { join } from 'node:path';
import { ancestorDirectories } from './ancestor-directories.ts';

export const stateDirectoryName = '.mlstack';

/** The nearest folder at or above `start` that is a project. */
export function findProject(start: string): string | undefined {
  for (const directory of ancestorDirectories(start)) {
    if (isProjectDirectory(directory)) return directory;
  }
  return undefined;
}

/** A project has a `.mlstack` folder. One that a stranger put into a folder that all may write to does not count. */
export function isProjectDirectory(directory: string): boolean {
  const state = statSync(join(directory, stateDirectoryName), { throwIfNoEntry: false });
  if (state === undefined || !state.isDirectory()) return false;
  return process.getuid === undefined || state.uid === process.getuid() || state.uid === statSync(directory).uid;
}
