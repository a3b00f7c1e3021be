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
export async function runPipeline(_project: Project, _options: RunPipelineOptions): Promise<RunOutcome> {
  throw new Error('not there yet');
}

/** `run --detach`: records the run and hands it to a driver that goes on when this process ends. */
export async function submitPipeline(_project: Project, _options: RunPipelineOptions): Promise<SubmittedRun> {
  throw new Error('not there yet');
}

/** `run --plan`: what would run, recorded nowhere. */
export async function planPipeline(_project: Project, _options: PipelineOptions): Promise<Plan> {
  throw new Error('not there yet');
}
