import type { Plan, RunConfiguration } from '../pipeline/plan.ts';
import type { Project } from '../project/project.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { WorkerProcess } from './worker-process.ts';

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
  /** One that was started before, and ends with the call. Default: one is started. */
  readonly worker?: WorkerProcess;
}

export interface RunPipelineOptions extends PipelineOptions {
  /** Told of everything after it is durable, in order. Must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** A run that a background driver has been given. */
export interface SubmittedRun {
  readonly id: string;
  readonly name: string;
  readonly pipeline: string;
  readonly stack: string;
  /** Where the driver runs, and where its output goes, in words. */
  readonly description: string;
}

/** Runs a pipeline on the project's stack, and resolves when the run has ended, however it ended. */
export async function runPipeline(project: Project, options: RunPipelineOptions): Promise<RunOutcome> {
  return await useWorker(options, async (worker) => {
    const { prepareRun, recordRun } = await import('./prepare-run.ts');
    const { configureRun } = await import('./configure-run.ts');
    const { driveOnStack, recordDriven } = await import('./drive-on-stack.ts');
    const prepared = await prepareRun(project, await configureRun(project, options), worker);
    const { stack, notices } = prepared;
    try {
      const { run, lease } = await recordRun(prepared, recordDriven);
      const { onEvent, signal } = options;
      const metadataStore = await stack.take('metadata-store');
      const given = { project, stack, metadataStore, run, lease, warmWorker: worker, notices, onEvent, signal };
      return await driveOnStack({ ...given, reopen: false });
    } finally {
      await stack.close();
    }
  });
}

/** `run --detach`: records the run and hands it to a driver that goes on when this process ends. */
export async function submitPipeline(project: Project, options: RunPipelineOptions): Promise<SubmittedRun> {
  return await useWorker(options, async (worker) => {
    const { prepareRun, recordRun } = await import('./prepare-run.ts');
    const { configureRun } = await import('./configure-run.ts');
    const { driverCommand, driverLogFile } = await import('./driver-command.ts');
    const prepared = await prepareRun(project, await configureRun(project, options), worker);
    const { stack, notices } = prepared;
    try {
      for (const message of notices) options.onEvent?.({ kind: 'notice', message });
      const orchestrator = await stack.component('orchestrator');
      const { id, name, plan } = await recordRun(prepared, async (metadataStore, run) => {
        await metadataStore.createRun(run);
        return run;
      });
      const { directory: projectDirectory, stateDirectory, host } = project;
      const { description } = await orchestrator
        .submitDriver({
          runId: id,
          projectDirectory,
          command: driverCommand({ projectDirectory, stack: stack.name, runId: id, host }),
          logFile: driverLogFile(stateDirectory, id),
        })
        .catch(async (error: unknown) => {
          const { failPendingRun } = await import('./fail-pending-run.ts');
          await failPendingRun(project, id, error).catch(() => {});
          throw error;
        });
      return { id, name, pipeline: plan.pipeline, stack: stack.name, description };
    } finally {
      await stack.close();
    }
  });
}

/** `run --plan`: what would run, recorded nowhere and told without secrets. Works without a stack, too. */
export async function planPipeline(project: Project, options: PipelineOptions): Promise<Plan> {
  return await useWorker(options, async (worker) => {
    const { compileFile, learnSecrets } = await import('./prepare-run.ts');
    const { configureRun } = await import('./configure-run.ts');
    const secrets = learnSecrets(project);
    const { plan } = await compileFile(project, await configureRun(project, options), worker, { secrets });
    return (await secrets).redactTexts(plan) as Plan; // texts alone have changed
  });
}

/** Its start takes longer than anything else before the first step, so it begins before the rest is even imported. */
async function useWorker<Result>(
  { worker: started }: PipelineOptions,
  work: (worker: WorkerProcess) => Promise<Result>,
): Promise<Result> {
  const worker = started ?? new (await import('./worker-process.ts')).WorkerProcess();
  try {
    return await work(worker);
  } finally {
    await worker.kill();
  }
}
