import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ComponentContext } from '../component/stack-component.ts';
import type { Plan, RunConfiguration } from '../pipeline/plan.ts';
import type { LogLine } from './step-log.ts';
import type { ComponentReference, RequestHead, ResolvedReference, StepRequest } from './step-request.ts';
import type { ErrorRecord } from './step-result.ts';

/**
 * What passes between a worker process and its parent: JSON lines through pipes of their own, so that `process.send`, standard
 * input and output stay the user's.
 */
export const workerPipes = {
  /** Parent to worker. */
  commands: 3,
  /** Worker to parent. Written synchronously: what was written before `process.exit` arrives. */
  answers: 4,
  /** Carries nothing. Its end says that the parent is dead. */
  watch: 5,
} as const;

/** Argument of a worker that nothing outside of it watches. */
export const watchItself = 'watch-itself';

/** Environment variable with the worker's token. Every process that a step starts inherits it, and is found again by it. */
export const workerTokenVariable = 'MLSTACK_WORKER';

/** Where the steps of a worker have their temporary files: who finds the worker dead removes it. */
export function workerTemporaryDirectory(token: string): string {
  return join(tmpdir(), `mlstack-${token}`);
}

/** Compiles the pipeline that a bundle exports. */
export interface CompileJob {
  readonly kind: 'compile';
  /** Folder with `entry.mjs` and `bundle.json`. */
  readonly directory: string;
  readonly export: string;
  readonly configuration: RunConfiguration;
  /** A component that steps will use: what it takes is imported after the answer, so that the first step need not wait for it. */
  readonly prepare?: ComponentReference;
}

export interface ExecuteJob {
  readonly kind: 'execute';
  readonly request: StepRequest;
  readonly bundleDirectory: string;
  /** Surroundings of the artifact store on this machine. */
  readonly artifactStoreContext: ComponentContext;
}

/** Executes a request that waits in the artifact store, where its own process need not know more of it. */
export interface ExecuteStoredJob extends Omit<ExecuteJob, 'kind' | 'request'> {
  readonly kind: 'execute-stored';
  readonly request: RequestHead;
  /** Takes the place of the one in the request, whose code lies elsewhere here. */
  readonly artifactStore: ResolvedReference;
}

export type WorkerJob = CompileJob | ExecuteJob | ExecuteStoredJob;

/** Something to be written to the artifact store of the job's step. */
export interface WorkerWrite {
  readonly artifactStore: ResolvedReference;
  readonly context: ComponentContext;
  readonly key: string;
  readonly text: string;
  readonly ifAbsent: boolean;
}

export type WorkerCommand =
  | { readonly kind: 'job'; readonly id: number; readonly job: WorkerJob }
  | { readonly kind: 'abort'; readonly id: number; readonly reason: 'stopped' | 'timed-out' }
  /** Done whatever job is under way, as soon as that leaves the process time for it. */
  | { readonly kind: 'write'; readonly id: number; readonly write: WorkerWrite }
  | { readonly kind: 'close' };

export type WorkerAnswer =
  /** From now on a job is begun when it is sent. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'log'; readonly id: number; readonly line: LogLine }
  | { readonly kind: 'write-ended'; readonly id: number; readonly outcome: 'written' | 'exists' | 'failed' }
  | { readonly kind: 'compiled'; readonly id: number; readonly plan: Plan }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ErrorRecord }
  | {
      readonly kind: 'executed';
      readonly id: number;
      readonly result: unknown;
      /** False where the next step would not find the process as this one did. */
      readonly reusable: boolean;
    };
