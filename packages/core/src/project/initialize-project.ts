import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeFolder } from '../durable-folder.ts';
import { ProjectNotWritableError } from '../errors/project-errors.ts';
import { stateDirectoryName } from './find-project.ts';
import { StackRegistry } from './stack-registry.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

export interface InitializedProject {
  /** Absolute. */
  readonly directory: string;
  /** False where it was a project before: then nothing was changed. */
  readonly created: boolean;
  readonly activeStack: string;
}

/** Makes a folder a project with the stack `default`. On an existing project changes nothing. */
export function initializeProject(directory = process.cwd()): InitializedProject {
  const project = resolve(directory);
  const stateDirectory = join(project, stateDirectoryName);
  const registry = new StackRegistry(stateDirectory);
  if (existsSync(registry.file)) {
    return { directory: project, created: false, activeStack: registry.read().activeStack };
  }
  makeStateDirectory(stateDirectory);
  ignoreInGit(stateDirectory);
  const created = registry.initialize();
  return { directory: project, created, activeStack: registry.read().activeStack };
}

function makeStateDirectory(directory: string): void {
  try {
    makeFolder(directory, 0o700);
    chmodSync(directory, 0o700);
  } catch (error) {
    throw new ProjectNotWritableError(directory, error);
  }
}

function ignoreInGit(directory: string): void {
  const file = join(directory, '.gitignore');
  if (!existsSync(file) || readFileSync(file, 'utf8') === '') writeFileAtomically(file, '*\n');
}
