import { CompileEndedError, CompileFailedError } from '../errors/pipeline-load-errors.ts';
import type { Plan, RunConfiguration } from '../pipeline/plan.ts';
import type { ComponentReference } from './step-request.ts';
import type { WorkerEnd, WorkerProcess } from './worker-process.ts';

export interface CompileInWorkerOptions {
  /** Folder of the bundle. */
  readonly directory: string;
  readonly export: string;
  readonly configuration: RunConfiguration;
  /** As of `CompileJob`. */
  readonly prepare?: ComponentReference;
  /** How long importing and compiling may take, in milliseconds. Default one minute. */
  readonly timeoutMs?: number;
  /** What the user's modules print meanwhile. */
  readonly onOutput?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Has a worker import a bundle and compile the pipeline that it exports. Fails with `CompileFailedError` (what the worker said) or
 * `CompileEndedError` (it hung, exited, ran out of memory); the worker is to be closed in any case then. An aborted one fails with the
 * signal's reason.
 */
export async function compileInWorker(
  worker: WorkerProcess,
  {
    directory,
    export: exportName,
    configuration,
    prepare,
    timeoutMs = 60_000,
    onOutput,
    signal,
  }: CompileInWorkerOptions,
): Promise<Plan> {
  signal?.throwIfAborted();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void worker.kill();
  }, timeoutMs);
  const abort = () => void worker.kill();
  signal?.addEventListener('abort', abort);
  const outcome = await worker.run(
    { kind: 'compile', directory, export: exportName, configuration, ...(prepare === undefined ? {} : { prepare }) },
    { output: (_stream, text) => onOutput?.(text) },
  );
  clearTimeout(timer);
  signal?.removeEventListener('abort', abort);
  if (outcome.kind === 'compiled') return outcome.plan;
  signal?.throwIfAborted();
  if (outcome.kind === 'failed') throw new CompileFailedError(outcome.error);
  throw outcome.kind === 'ended'
    ? describeEnd(outcome.end, isLate ? timeoutMs : undefined)
    : new TypeError(outcome.kind);
}

function describeEnd(
  { exitCode, signal, heapExhausted, garbled, startError }: WorkerEnd,
  lateMs: number | undefined,
): Error {
  const hint =
    'Its modules must be importable without running anything; do what takes time, may fail or ends inside a step.';
  if (startError !== undefined) {
    return new CompileEndedError(
      `no process can be started for it (${startError.message})`,
      'Free resources and try again.',
    );
  }
  if (garbled) return new CompileEndedError('importing it wrote among the answers of its process to mlstack', hint);
  if (lateMs !== undefined) return new CompileEndedError(`importing it took longer than ${lateMs / 1000} s`, hint);
  if (heapExhausted) return new CompileEndedError('importing it ran out of memory', hint);
  if (signal !== undefined) return new CompileEndedError(`importing it was ended by signal ${signal}`, hint);
  return new CompileEndedError(`importing it ended the process with exit code ${exitCode ?? 0}`, hint);
}
