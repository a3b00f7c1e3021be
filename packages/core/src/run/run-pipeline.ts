import { join } from 'node:path';
import type { Plan, RunConfiguration } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';

export interface PipelineOptions {
  /** The pipeline's TypeScript file, relative to the working directory. */
  readonly file: string;
  /** The export that holds the pipeline. Default: `default`. */
  readonly export?: string;
  readonly configuration?: RunConfiguration;
  /** Aborted: the run is cancelled, steps get their abort signal, and the outcome is `cancelled`. */
  readonly signal?: AbortSignal;
  /** What the pipeline's modules print while they are imported. Default: it is dropped. */
  readonly onOutput?: (text: string) => void;
}

export interface RunPipelineOptions extends PipelineOptions {
  /** Told of everything after it is durable, in order. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** A run that a background driver has been given. */
export interface SubmittedRun {
  readonly runId: string;
  readonly name: string;
  readonly pipeline: string;
  readonly stack: string;
  /** Where the driver runs, and where its output goes, in words. */
  readonly description: string;
}

/** Runs a pipeline on the project's stack, and resolves when the run has ended, however it ended. */
export async function runPipeline(project: Project, options: RunPipelineOptions): Promise<RunOutcome> {
  const { prepareRun, recordRun } = await import('./prepare-run.ts');
  const { driveOnStack } = await import('./drive-on-stack.ts');
  const prepared = await prepareRun(project, options);
  const { stack, worker, notices } = prepared;
  try {
    const run = await recordRun(prepared);
    const { onEvent, signal } = options;
    const metadataStore = await stack.component('metadata-store');
    return await driveOnStack({
      project,
      stack,
      metadataStore,
      run,
      resumed: false,
      warmWorker: worker,
      notices,
      onEvent,
      signal,
    });
  } finally {
    await worker.close();
    await stack.close();
  }
}

/** `run --detach`: records the run and hands it to a driver that goes on when this process ends. */
export async function submitPipeline(project: Project, options: RunPipelineOptions): Promise<SubmittedRun> {
  const { prepareRun, recordRun } = await import('./prepare-run.ts');
  const { driverCommand } = await import('./driver-command.ts');
  const prepared = await prepareRun(project, options);
  const { stack, worker, notices } = prepared;
  try {
    await worker.kill();
    for (const message of notices) options.onEvent?.({ kind: 'notice', message });
    const orchestrator = await stack.component('orchestrator');
    const { id: runId, name, plan } = await recordRun(prepared);
    const { description } = await orchestrator.submitDriver({
      runId,
      projectDirectory: project.directory,
      command: driverCommand({ projectDirectory: project.directory, stack: stack.name, runId, host: project.host }),
      logFile: join(project.stateDirectory, 'logs', `${runId}.log`),
    });
    return { runId, name, pipeline: plan.pipeline, stack: stack.name, description };
  } finally {
    await worker.kill();
    await stack.close();
  }
}

/** `run --plan`: what would run, recorded nowhere. Asks for no stack. */
export async function planPipeline(project: Project, options: PipelineOptions): Promise<Plan> {
  const { compileFile } = await import('./prepare-run.ts');
  const { plan, worker } = await compileFile(project, options);
  await worker.kill();
  return plan;
}
