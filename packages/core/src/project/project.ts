import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MlstackError } from '../errors/mlstack-error.ts';
import { ProjectNotFoundError } from '../errors/project-errors.ts';
import type { FlavorHost } from '../flavor/discover-flavors.ts';
import { FlavorRegistry } from '../flavor/flavor-registry.ts';
import { findProject, isProjectDirectory, stateDirectoryName } from './find-project.ts';
import { homeDirectory } from './home-directory.ts';
import { initializeProject } from './initialize-project.ts';
import type { CustomFlavor } from './registry-document.ts';
import { StackRegistry } from './stack-registry.ts';

export interface ProjectOptions {
  /** The project's folder, `--project`. Default: `MLSTACK_PROJECT`, else the nearest project at or above the working directory, else the per-user one. */
  readonly directory?: string;
  /** The stack to use instead of the active one, `--stack`. Default: `MLSTACK_STACK`. */
  readonly stack?: string;
  /** The program on whose behalf the project is opened: flavors that it depends on are there, too. */
  readonly host?: FlavorHost;
}

/**
 * A project as it lies on disk. Opening one reads nothing but folder entries; what was registered is read when it is asked
 * for, anew each time.
 */
export class Project {
  /** Absolute. Relative paths in configs are relative to it. */
  readonly directory: string;
  /** `<directory>/.mlstack`, readable by its owner alone. */
  readonly stateDirectory: string;
  /** `chosen` by option or environment, `found` by walking up, or the per-user one. */
  readonly origin: 'chosen' | 'found' | 'user';
  /** The stack to use instead of the active one. */
  readonly stackOverride: string | undefined;
  readonly registry: StackRegistry;
  readonly flavors: FlavorRegistry;
  /** The program on whose behalf it was opened. */
  readonly host: FlavorHost | undefined;

  constructor(
    directory: string,
    origin: Project['origin'],
    { stack, host }: Pick<ProjectOptions, 'stack' | 'host'> = {},
    flavors: readonly CustomFlavor[] = [],
  ) {
    this.directory = directory;
    this.stateDirectory = join(directory, stateDirectoryName);
    this.origin = origin;
    this.stackOverride = stack;
    this.registry = new StackRegistry(this.stateDirectory);
    this.host = host;
    this.flavors = new FlavorRegistry({
      projectDirectory: directory,
      stateDirectory: this.stateDirectory,
      host,
      listCustomFlavors: () => [...flavors, ...this.registry.read().customFlavors],
    });
  }

  /** The same project with flavors that are not registered yet. */
  withFlavors(flavors: readonly CustomFlavor[]): Project {
    const settings = {
      ...(this.stackOverride === undefined ? {} : { stack: this.stackOverride }),
      ...(this.host === undefined ? {} : { host: this.host }),
    };
    return new Project(this.directory, this.origin, settings, flavors);
  }

  /** A folder of one component alone; it may not exist yet. */
  componentDirectory(componentId: string): string {
    return join(this.stateDirectory, 'components', componentId);
  }
}

/**
 * Opens a project. Fails with `ProjectNotFoundError` where a chosen folder is none; without any, the per-user project in the home
 * folder is opened, and made when it is not there yet.
 */
export function openProject(options: ProjectOptions = {}): Project {
  const stack = options.stack ?? nonEmpty(process.env.MLSTACK_STACK);
  const settings = {
    ...(stack === undefined ? {} : { stack }),
    ...(options.host === undefined ? {} : { host: options.host }),
  };
  const chosen = options.directory ?? nonEmpty(process.env.MLSTACK_PROJECT);
  if (chosen !== undefined) {
    const directory = resolve(chosen);
    if (statSync(directory, { throwIfNoEntry: false }) === undefined || !isProjectDirectory(directory)) {
      throw new ProjectNotFoundError(directory);
    }
    return new Project(directory, 'chosen', settings);
  }
  const found = findProject(workingDirectory());
  if (found !== undefined) return new Project(found, 'found', settings);
  const home = homeDirectory();
  if (home === undefined) throw new NoHomeDirectoryError();
  const { directory } = initializeProject(home);
  return new Project(directory, 'user', settings);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new WorkingDirectoryGoneError(cause);
  }
}

class NoHomeDirectoryError extends MlstackError {
  readonly code = 'HOME_DIRECTORY_UNKNOWN';
  constructor() {
    super('There is no mlstack project here, and you have no home folder that could be one.', {
      hint: 'Make a project of this folder with `mlstack init`, or set HOME.',
    });
  }
}

class WorkingDirectoryGoneError extends MlstackError {
  readonly code = 'WORKING_DIRECTORY_GONE';
  constructor(cause: unknown) {
    super('The folder you are in does not exist any more.', { hint: 'Change to another folder.', cause });
  }
}
