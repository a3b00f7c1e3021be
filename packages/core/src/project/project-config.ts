import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ValidationError } from '../errors/issue.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { ProjectConfigError } from '../errors/project-errors.ts';
import { suggestName } from '../nearest-name.ts';
import type { RunConfiguration } from '../pipeline/plan.ts';
import type { Project } from './project.ts';

/**
 * `mlstack.config.{ts,mjs,json,yaml}` in the project's folder: what people review in git. It is code where it is written as such, so only
 * commands that run pipelines load it.
 */
export interface ProjectConfig {
  /** What every run begins with; `--config` and flags are laid over it. */
  readonly run?: RunConfiguration;
}

const fileNames = ['ts', 'mjs', 'json', 'yaml'].map((extension) => `mlstack.config.${extension}`);
const fields: readonly (keyof ProjectConfig)[] = ['run'];

/** Loads the file, running it where it is code. An absent one is an empty one; two are an error. */
export async function loadProjectConfig(project: Project): Promise<ProjectConfig> {
  const present = fileNames.filter((name) => existsSync(join(project.directory, name)));
  const [name] = present;
  if (name === undefined) return {};
  if (present.length > 1) {
    throw new ValidationError('The project', [
      { path: [], message: `has ${present.join(' and ')}`, hint: 'Keep one of them.' },
    ]);
  }
  const file = join(project.directory, name);
  return parseProjectConfig(file, await readConfigFile(project, file));
}

async function readConfigFile(project: Project, file: string): Promise<unknown> {
  const { cosmiconfig } = await import('cosmiconfig');
  const explorer = cosmiconfig('mlstack', {
    searchPlaces: fileNames,
    loaders: { '.ts': async (path: string) => await importConfig(path, project.stateDirectory) },
  });
  try {
    return (await explorer.load(file))?.config;
  } catch (error) {
    if (MlstackError.is(error)) throw error;
    throw new ProjectConfigError(file, error);
  }
}

async function importConfig(file: string, stateDirectory: string): Promise<unknown> {
  const { loadModule } = await import('../bundle/load-module.ts');
  return (await loadModule(file, { stateDirectory })).default;
}

function parseProjectConfig(file: string, value: unknown): ProjectConfig {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ValidationError(file, [{ path: [], message: 'an object is expected' }]);
  }
  const issues = Object.keys(value)
    .filter((key) => !fields.some((field) => field === key))
    .map((key) => {
      const hint = suggestName(key, fields);
      return { path: [key], message: 'is not known', ...(hint === undefined ? {} : { hint }) };
    });
  const { run } = value as { run?: unknown };
  if (run !== undefined && (typeof run !== 'object' || run === null || Array.isArray(run))) {
    issues.push({ path: ['run'], message: 'an object is expected' });
  }
  if (issues.length > 0) throw new ValidationError(file, issues);
  return value;
}
