import { readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageDirectory } from '../cli-package.ts';

/**
 * The entry module of another copy of this package that a package.json at or above `start` depends on; nothing where this copy
 * is that one. The walk stops at the home folder, at another file system and at a folder of another owner. Loads nothing, since
 * it comes before everything else.
 */
export function findProjectCopy(start = workingDirectory()): string | undefined {
  if (start === undefined) return undefined;
  const origin = statSync(start);
  const home = homedir();
  for (let directory = start; directory !== home; ) {
    if (dependsOnCli(directory)) return entryOf(join(directory, 'node_modules', '@mlstack', 'cli'));
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    const above = statSync(parent, { throwIfNoEntry: false });
    if (above === undefined || above.dev !== origin.dev || above.uid !== origin.uid) return undefined;
    directory = parent;
  }
  return undefined;
}

function dependsOnCli(directory: string): boolean {
  try {
    const text = readFileSync(join(directory, 'package.json'), 'utf8');
    if (!text.includes('"@mlstack/cli"')) return false;
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(text);
    return '@mlstack/cli' in { ...dependencies, ...devDependencies, ...optionalDependencies };
  } catch {
    return false;
  }
}

function entryOf(installed: string): string | undefined {
  try {
    const copy = realpathSync(installed);
    if (copy === realpathSync(packageDirectory)) return undefined;
    const entry = join(copy, 'dist', 'index.js');
    return statSync(entry).isFile() ? pathToFileURL(entry).href : undefined;
  } catch {
    return undefined;
  }
}

function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}
