import type { EndCause, LauncherContext } from './launcher.ts';
import { countMemoryKills, readTreeMemory } from './process-memory.ts';
import type { StepResult } from './step-result.ts';
import type { JobOutcome, WorkerEnd, WorkerProcess } from './worker-process.ts';
import type { ExecuteJob, ExecuteStoredJob } from './worker-protocol.ts';
import type { LogStore } from './write-step-log.ts';
import { StepLogWriter } from './write-step-log.ts';

export interface SuperviseOptions {
  /** Processes of the step that hold more than this together are ended. Bytes. */
  readonly memoryLimitBytes?: number;
  /** The worker has begun with the step. */
  readonly onRunning?: () => void;
  /** Told each entry of the log as it comes, as a line of JSON without secrets. */
  readonly onLogEntry?: (entry: string) => void;
}

/** What became of an execution, once nothing of it is under way any more and its log is stored. */
export interface SupervisedEnd {
  readonly cause: EndCause;
  readonly result?: unknown;
  readonly logChunks: number;
  /** The worker can do the next one. */
  readonly reusable: boolean;
}

/** One execution in a worker process, with its deadline, memory limit and log. */
export interface SupervisedStep {
  readonly end: Promise<SupervisedEnd>;
  /** Aborts the step's signal, and ends the worker with all that it started `graceMs` later. */
  stop(graceMs: number): void;
}

/** From the abort of a step whose time is over to its end by force, in milliseconds. */
const timeoutGraceMs = 1000;
const memoryPollMs = 50;

/** Has a worker execute a request, and owns what it prints until the end. */
export function superviseStep(
  worker: WorkerProcess,
  job: ExecuteJob | ExecuteStoredJob,
  { artifactStore, secrets }: Pick<LauncherContext, 'secrets'> & { readonly artifactStore: LogStore },
  { memoryLimitBytes, onRunning, onLogEntry }: SuperviseOptions = {},
): SupervisedStep {
  const { timeoutMs, startTimeoutMs } = job.request.node.settings;
  const timers = new Set<NodeJS.Timeout>();
  const after = (ms: number, act: () => void) => timers.add(setTimeout(act, ms));
  let forced: EndCause | undefined;
  const force = (cause: EndCause, reason: 'stopped' | 'timed-out', graceMs: number): void => {
    forced ??= cause;
    worker.abort(reason);
    after(graceMs, () => void worker.kill());
  };
  let isRunning = false;
  const started = (): void => {
    isRunning = true;
    onRunning?.();
    if (timeoutMs !== undefined)
      after(timeoutMs, () => force({ kind: 'timed-out', timeoutMs }, 'timed-out', timeoutGraceMs));
    if (memoryLimitBytes !== undefined) timers.add(watchMemory(worker, memoryLimitBytes, exceed));
  };
  const exceed = (limitBytes: number): void => {
    forced ??= { kind: 'out-of-memory', limitBytes };
    void worker.kill();
  };
  if (startTimeoutMs !== undefined) {
    after(startTimeoutMs, () => {
      if (isRunning) return;
      forced ??= { kind: 'not-started', reason: `its worker process was not ready within ${startTimeoutMs} ms` };
      void worker.kill();
    });
  }
  const log = new StepLogWriter(artifactStore, job.request.outputPrefix, secrets, onLogEntry);
  const supervise = async (): Promise<SupervisedEnd> => {
    const outcome = await worker.run(job, {
      started,
      output: (stream, text) => log.print(stream, text),
      log: (line) => log.log(line),
    });
    for (const timer of timers) clearTimeout(timer);
    const logChunks = await log.end();
    const result = resultOf(outcome, job);
    const described = result === undefined ? {} : { result: { ...redactResult(result, secrets), logChunks } };
    return {
      cause: causeOf(outcome, forced, result, { memoryLimitBytes, isRunning }),
      ...described,
      logChunks,
      reusable: outcome.kind === 'executed' && outcome.reusable && forced === undefined,
    };
  };
  return {
    end: supervise(),
    stop: (graceMs) => force({ kind: 'stopped' }, 'stopped', graceMs),
  };
}

/** A step that had succeeded before the stop reached it is complete; one whose time is over is not, however it ended. */
function causeOf(
  outcome: JobOutcome,
  forced: EndCause | undefined,
  result: UnknownResult | undefined,
  known: { readonly memoryLimitBytes: number | undefined; readonly isRunning: boolean },
): EndCause {
  if (forced !== undefined && !(forced.kind === 'stopped' && result?.outcome === 'succeeded')) return forced;
  return outcome.kind === 'ended' ? causeOfEnd(outcome.end, known) : { kind: 'completed' };
}

function causeOfEnd(
  { exitCode, signal, heapExhausted, garbled, startError, errorTail }: WorkerEnd,
  { memoryLimitBytes: limitBytes, isRunning }: Parameters<typeof causeOf>[3],
): EndCause {
  if (startError !== undefined)
    return { kind: 'refused', reason: `its process cannot be started: ${startError.message}` };
  if (garbled) return { kind: 'lost', reason: 'something in its worker process wrote among its answers to mlstack' };
  if (heapExhausted) return { kind: 'out-of-memory', ...(limitBytes === undefined ? {} : { limitBytes }) };
  if (!isRunning) {
    const reason = errorTail.trim() || signal || `exit code ${exitCode}`;
    return { kind: 'lost', reason: `its worker process ended before the step began: ${reason}` };
  }
  if (signal === undefined) return { kind: 'exited', exitCode: exitCode ?? 0 };
  return { kind: 'signalled', signal, ...(wasMemoryKill(signal) ? { probably: 'out-of-memory' } : {}) };
}

let knownMemoryKills = countMemoryKills();

/** Whether the system has killed for lack of memory since this was last asked. */
function wasMemoryKill(signal: string): boolean {
  if (signal !== 'SIGKILL') return false;
  const before = knownMemoryKills;
  knownMemoryKills = countMemoryKills();
  return knownMemoryKills > before;
}

/** What the driver has yet to parse. */
type UnknownResult = { readonly [Field in keyof StepResult]?: unknown };

function resultOf(outcome: JobOutcome, { request }: ExecuteJob | ExecuteStoredJob): UnknownResult | undefined {
  if (outcome.kind === 'executed') return fieldsOf(outcome.result);
  if (outcome.kind !== 'failed') return undefined;
  const now = new Date().toISOString();
  return {
    formatVersion: 1,
    runId: request.runId,
    nodeId: request.nodeId,
    attempt: request.attempt,
    outcome: 'failed',
    outputs: {},
    error: outcome.error,
    startedAt: now,
    endedAt: now,
    metadata: {},
    logChunks: 0,
  };
}

/** Keys, hashes and times cannot hold a secret; what a step said may. */
function redactResult(result: UnknownResult, secrets: LauncherContext['secrets']): UnknownResult {
  if (secrets.values().length === 0) return result;
  const outputs = Object.entries(fieldsOf(result.outputs)).map(([name, output]) => {
    const fields = fieldsOf(output);
    return [name, { ...fields, preview: secrets.redactTexts(fields.preview) }];
  });
  return {
    ...result,
    outputs: Object.fromEntries(outputs),
    metadata: secrets.redactTexts(result.metadata),
    ...(result.error === undefined ? {} : { error: secrets.redactTexts(result.error) }),
  };
}

/** Of what is no object there are none. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function watchMemory(worker: WorkerProcess, limitBytes: number, exceed: (limitBytes: number) => void): NodeJS.Timeout {
  return setInterval(() => {
    if (worker.pid !== undefined && readTreeMemory(worker.pid) > limitBytes) exceed(limitBytes);
  }, memoryPollMs);
}
