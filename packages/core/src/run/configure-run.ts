import { mergeRunConfigurations, parseRunConfiguration } from '../pipeline/run-configuration.ts';
import type { Project } from '../project/project.ts';
import { loadProjectConfig } from '../project/project-config.ts';
import type { PipelineOptions } from './run-pipeline.ts';

/** Lays what was given over what the project's `mlstack.config` file says of every run. */
export async function configureRun<Options extends PipelineOptions>(
  project: Project,
  options: Options,
): Promise<Options> {
  const { run } = await loadProjectConfig(project);
  if (run === undefined) return options;
  const base = parseRunConfiguration(run, 'The field "run" of mlstack.config');
  return { ...options, configuration: mergeRunConfigurations(base, options.configuration ?? {}) };
}
