import { mergeRunConfigurations, parseRunConfiguration } from '../pipeline/run-configuration.ts';
import type { Project } from '../project/project.ts';
import { loadProjectConfig } from '../project/project-config.ts';
import type { PipelineOptions } from './run-pipeline.ts';

/** Lays what was given over what the project's `mlstack.config` file says of every run. */
export async function configureRun<Options extends PipelineOptions>(
  project: Project,
  options: Options,
): Promise<Options> {
  const { run } = await unlessAborted(loadProjectConfig(project), options.signal);
  if (run === undefined) return options;
  const base = parseRunConfiguration(run, 'The field "run" of mlstack.config');
  return { ...options, configuration: mergeRunConfigurations(base, options.configuration ?? {}) };
}

/** What the file does while it is imported may take for ever. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    if (signal.aborted) abort();
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
