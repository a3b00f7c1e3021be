import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { EndCause, LaunchEvent, LaunchHandle } from '@mlstack/core/flavor';
import type { PodState } from './pod-state.ts';
import { podDeleted, readJobEnd, readPodState } from './pod-state.ts';

/** What is known of one Job. */
export interface JobExecution {
  readonly handle: LaunchHandle;
  readonly job: string;
  readonly createdAt: number;
  startTimer?: NodeJS.Timeout;
  imageTimer?: NodeJS.Timeout;
  stopTimer?: NodeJS.Timeout;
  nodeTimer?: NodeJS.Timeout | undefined;
  /** What it waits for, told last. */
  reason: string;
  pod?: string;
  isRunning: boolean;
  isStopping: boolean;
  isOver: boolean;
  /** Nobody has seen it end: its pod may be there for long. */
  isGivenUp: boolean;
}

export interface JobExecutionsOptions {
  /** How long pulling an image may fail. */
  readonly imageTimeoutMs: number;
  /** How long a node may not answer. */
  readonly lostNodeTimeoutMs: number;
  readonly tell: (event: LaunchEvent) => void;
}

/** Time for a pod's last words where its Job is over first, in milliseconds. */
const lastWordsMs = 5000;

/**
 * Makes of what is seen of Jobs and their pods what a launcher tells of its executions: each ends once. Limits of time only tell, as
 * the run may be another driver's by now.
 */
export class JobExecutions {
  readonly #options: JobExecutionsOptions;
  readonly #byJob = new Map<string, JobExecution>();

  constructor(options: JobExecutionsOptions) {
    this.#options = options;
  }

  get(job: string): JobExecution | undefined {
    return this.#byJob.get(job);
  }

  add(handle: LaunchHandle, job: string): JobExecution {
    const execution = {
      handle,
      job,
      createdAt: Date.now(),
      reason: 'its pod is being made',
      isRunning: false,
      isStopping: false,
      isOver: false,
      isGivenUp: false,
    };
    this.#byJob.set(job, execution);
    return execution;
  }

  forget(job: string): void {
    const execution = this.#byJob.get(job);
    if (execution === undefined) return;
    clearTimers(execution);
    execution.isOver = true;
    this.#byJob.delete(job);
  }

  /** Those that are not over. */
  *remaining(): Generator<JobExecution> {
    for (const execution of this.#byJob.values()) if (!execution.isOver) yield execution;
  }

  /** All that there were are forgotten. */
  get isEmpty(): boolean {
    return this.#byJob.size === 0;
  }

  /** No timer tells any more. */
  close(): void {
    for (const execution of this.#byJob.values()) clearTimers(execution);
  }

  onPod(pod: V1Pod, deleted: boolean): void {
    const execution = this.#find(pod.metadata?.ownerReferences?.find(({ kind }) => kind === 'Job')?.name);
    if (execution === undefined) return;
    if (pod.metadata?.name !== undefined) execution.pod = pod.metadata.name;
    this.#apply(execution, readPodState(pod, deleted));
  }

  onJob({ metadata, ...job }: V1Job, deleted: boolean): void {
    const execution = this.#find(metadata?.name);
    if (execution === undefined) return;
    const gone = deleted ? ({ kind: 'lost', reason: 'its Job was deleted' } as const) : undefined;
    if (gone !== undefined && !execution.isRunning) this.end(execution, gone);
    const cause = readJobEnd(job) ?? gone;
    if (cause !== undefined) setTimeout(() => this.end(execution, cause), lastWordsMs).unref();
  }

  /** Nothing can be seen of them for now. */
  onUnreachable(reason: string, isTooLong: boolean): void {
    for (const execution of this.remaining()) {
      const text = `the API server cannot be reached: ${reason}`;
      if (isTooLong) this.end(execution, { kind: 'lost', reason: text });
      else this.tellWaiting(execution, text);
    }
  }

  tellWaiting(execution: JobExecution, reason: string): void {
    if (execution.isOver || execution.reason === reason) return;
    execution.reason = reason;
    this.#options.tell({ kind: 'waiting', handle: execution.handle, reason });
  }

  limitStart(execution: JobExecution, timeoutMs: number): void {
    if (execution.isRunning || execution.isOver) return;
    execution.startTimer = setTimeout(() => {
      const reason = `${execution.reason} (waited ${Math.round(timeoutMs / 1000)} s)`;
      if (!execution.isRunning) this.#giveUp(execution, { kind: 'not-started', reason });
    }, timeoutMs);
  }

  /** From now on its end, whatever it is, is what was asked for. It comes within the limit. */
  stop(execution: JobExecution, timeoutMs: number): void {
    execution.isStopping = true;
    execution.stopTimer ??= setTimeout(() => this.#giveUp(execution, { kind: 'stopped' }), timeoutMs);
  }

  end(execution: JobExecution, cause: EndCause, logChunks?: number): void {
    if (execution.isOver) return;
    clearTimers(execution);
    execution.isOver = true;
    const { handle, isStopping } = execution;
    const chunks = logChunks === undefined ? {} : { logChunks };
    this.#options.tell({ kind: 'ended', handle, cause: adjust(cause, isStopping), ...chunks });
  }

  #find(job: string | undefined): JobExecution | undefined {
    const execution = job === undefined ? undefined : this.#byJob.get(job);
    return execution?.isOver === true ? undefined : execution;
  }

  #apply(execution: JobExecution, state: PodState): void {
    const { handle } = execution;
    if (state.kind === 'ended') {
      this.end(execution, state.cause, state.logChunks);
    } else if (state.kind === 'running') {
      clearTimeout(execution.startTimer);
      clearTimeout(execution.imageTimer);
      if (!execution.isRunning) this.#options.tell({ kind: 'running', handle });
      execution.isRunning = true;
      this.#limitSilence(execution, state.silentNode);
    } else if (!execution.isRunning) {
      this.#limitImage(execution, state.imageFailure);
      this.tellWaiting(execution, state.reason);
    }
  }

  #limitImage(execution: JobExecution, failure: 'now' | 'never' | undefined): void {
    if (failure === undefined) return;
    const refuse = () => {
      if (execution.isRunning) return;
      this.#giveUp(execution, { kind: 'refused', reason: `its image cannot be had: ${execution.reason}` });
    };
    if (failure === 'now') execution.imageTimer ??= setTimeout(refuse, this.#options.imageTimeoutMs);
    else setImmediate(refuse);
  }

  #limitSilence(execution: JobExecution, node: string | undefined): void {
    if (node === undefined) {
      clearTimeout(execution.nodeTimer);
      execution.nodeTimer = undefined;
      return;
    }
    this.tellWaiting(execution, `node ${node} does not answer`);
    const lose = () => this.#giveUp(execution, { kind: 'lost', reason: `node ${node} was lost: it does not answer` });
    execution.nodeTimer ??= setTimeout(lose, this.#options.lostNodeTimeoutMs);
  }

  #giveUp(execution: JobExecution, cause: EndCause): void {
    if (execution.isOver) return;
    execution.isGivenUp = true;
    this.end(execution, cause);
  }
}

/** A program that was told to stop by somebody else lost its place; one that was stopped by us was not lost. */
function adjust(cause: EndCause, isStopping: boolean): EndCause {
  if (cause.kind === 'stopped') return isStopping ? cause : { kind: 'lost', reason: podDeleted };
  return isStopping && cause.kind !== 'completed' ? { kind: 'stopped' } : cause;
}

function clearTimers({ startTimer, imageTimer, stopTimer, nodeTimer }: JobExecution): void {
  clearTimeout(nodeTimer);
  clearTimeout(startTimer);
  clearTimeout(imageTimer);
  clearTimeout(stopTimer);
}
