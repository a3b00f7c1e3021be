import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type { EndCause, LaunchEvent, LaunchHandle } from '@mlstack/core/flavor';
import type { Explanation } from './cluster-errors.ts';
import type { PodState } from './pod-state.ts';
import { podDeleted, readJobEnd, readPodState, readSuspension, suspended } from './pod-state.ts';

type Limit = 'start' | 'image' | 'stop' | 'node';

/** What is known of one Job. */
export interface JobExecution {
  readonly handle: LaunchHandle;
  readonly job: string;
  /** Where its log lies; undefined where its Job does not say. */
  readonly outputPrefix: string | undefined;
  readonly createdAt: number;
  readonly limits: Map<Limit, NodeJS.Timeout>;
  /** What it waits for itself. */
  reason: string;
  /** What was told last that it waits for. */
  told: string;
  pod?: string;
  /** What its pod has from the signal to its end, in milliseconds. */
  podGraceMs: number;
  /** Its Job is there, as far as is known. */
  isMade: boolean;
  isRunning: boolean;
  isStopping: boolean;
  isOver: boolean;
  /** It ended as its program ended. */
  hasCompleted: boolean;
  /** Nobody has seen it end: its pod may be there for long. */
  isGivenUp: boolean;
}

/** `isMade`: its Job is there already. */
type NewExecution = Pick<JobExecution, 'handle' | 'job' | 'outputPrefix' | 'isMade'>;

type Blindness = Pick<Explanation, 'subject' | 'reason'>;

export interface JobExecutionsOptions {
  /** How long pulling an image may fail. */
  readonly imageTimeoutMs: number;
  /** How long a node may not answer. */
  readonly lostNodeTimeoutMs: number;
  readonly tell: (event: LaunchEvent, execution: JobExecution) => void;
}

/** Time for a pod's last words where its Job is over first, and for what was missed while nothing could be seen, in milliseconds. */
const lastWordsMs = 5000;
const podBeingMade = 'its pod is being made';

/**
 * Makes of what is seen of Jobs and their pods what a launcher tells of its executions: each ends once. Limits of time only tell, as
 * the run may be another driver's by now.
 */
export class JobExecutions {
  readonly #options: JobExecutionsOptions;
  readonly #byJob = new Map<string, JobExecution>();
  /** Why nothing can be seen, as it was told. */
  #blindness: Blindness | undefined;
  #seeingSince = 0;

  constructor(options: JobExecutionsOptions) {
    this.#options = options;
  }

  get(job: string): JobExecution | undefined {
    return this.#byJob.get(job);
  }

  add({ handle, job, outputPrefix, isMade }: NewExecution): JobExecution {
    const execution: JobExecution = {
      handle,
      job,
      outputPrefix,
      createdAt: Date.now(),
      limits: new Map(),
      reason: podBeingMade,
      told: podBeingMade,
      podGraceMs: 0,
      isMade,
      isRunning: false,
      isStopping: false,
      isOver: false,
      hasCompleted: false,
      isGivenUp: false,
    };
    this.#byJob.set(job, execution);
    return execution;
  }

  forget(job: string): void {
    const execution = this.#byJob.get(job);
    if (execution === undefined) return;
    clearLimits(execution);
    execution.isOver = true;
    this.#byJob.delete(job);
  }

  /** Those that are not over. */
  *remaining(): Generator<JobExecution> {
    for (const execution of this.#byJob.values()) if (!execution.isOver) yield execution;
  }

  /** How many are not forgotten. */
  get size(): number {
    return this.#byJob.size;
  }

  /** No timer tells any more. */
  close(): void {
    for (const execution of this.#byJob.values()) clearLimits(execution);
  }

  onPod(pod: V1Pod, deleted: boolean): void {
    const execution = this.#find(pod.metadata?.ownerReferences?.find(({ kind }) => kind === 'Job')?.name);
    if (execution === undefined) return;
    const { metadata, spec } = pod;
    if (metadata?.name !== undefined) execution.pod = metadata.name;
    execution.podGraceMs = (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 0) * 1000;
    this.#apply(execution, readPodState(pod, deleted));
  }

  onJob(job: V1Job, deleted: boolean): void {
    const execution = this.#find(job.metadata?.name);
    if (execution === undefined) return;
    const gone = deleted ? ({ kind: 'lost', reason: 'its Job was deleted' } as const) : undefined;
    if (gone !== undefined && !execution.isRunning) this.end(execution, gone);
    const cause = readJobEnd(job) ?? gone;
    // Before Kubernetes 1.31 a Job has failed as soon as its pod begins to end.
    const waitMs = lastWordsMs + (cause?.kind === 'completed' ? 0 : execution.podGraceMs);
    if (cause !== undefined) setTimeout(() => this.end(execution, cause), waitMs).unref();
    else if (execution.pod === undefined) this.#applySuspension(execution, readSuspension(job));
  }

  /** Those whose Jobs are not made yet wait for that. */
  onTrouble(reason: string): void {
    for (const execution of this.remaining()) if (!execution.isMade) this.tellWaiting(execution, reason);
  }

  onMade(execution: JobExecution): void {
    execution.isMade = true;
    if (execution.pod === undefined) this.tellWaiting(execution, podBeingMade);
  }

  /** Nothing can be seen of them for now. */
  onUnreachable(blindness: Blindness, isTooLong: boolean): void {
    if (this.#blindness?.subject !== blindness.subject) this.#blindness = blindness;
    const { reason } = this.#blindness;
    for (const execution of this.remaining()) {
      if (isTooLong) this.end(execution, { kind: 'lost', reason: blindness.reason });
      else this.#tell(execution, reason);
    }
  }

  onReachable(): void {
    if (this.#blindness === undefined) return;
    this.#blindness = undefined;
    this.#seeingSince = Date.now();
    for (const execution of this.remaining()) {
      if (execution.isRunning) execution.told = '';
      else this.#tell(execution, execution.reason);
    }
  }

  tellWaiting(execution: JobExecution, reason: string): void {
    execution.reason = reason;
    if (this.#blindness === undefined) this.#tell(execution, reason);
  }

  limitStart(execution: JobExecution, timeoutMs: number): void {
    if (execution.isRunning) return;
    this.#limit(execution, 'start', timeoutMs, () => {
      const reason = `${execution.reason} (waited ${Math.round(timeoutMs / 1000)} s)`;
      this.#giveUp(execution, { kind: 'not-started', reason });
    });
  }

  /** From now on its end, whatever it is, is what was asked for. It comes within the limit. */
  stop(execution: JobExecution, timeoutMs: number): void {
    execution.isStopping = true;
    this.#limit(execution, 'stop', timeoutMs, () => this.#giveUp(execution, { kind: 'stopped' }));
  }

  end(execution: JobExecution, cause: EndCause, logChunks?: number): void {
    if (execution.isOver) return;
    clearLimits(execution);
    execution.isOver = true;
    execution.hasCompleted = cause.kind === 'completed';
    const { handle, isStopping } = execution;
    const chunks = logChunks === undefined ? {} : { logChunks };
    this.#options.tell({ kind: 'ended', handle, cause: adjust(cause, isStopping), ...chunks }, execution);
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
      clearLimit(execution, 'start');
      clearLimit(execution, 'image');
      if (!execution.isRunning) this.#options.tell({ kind: 'running', handle }, execution);
      execution.isRunning = true;
      this.#limitSilence(execution, state.silentNode);
    } else if (!execution.isRunning) {
      this.#limitImage(execution, state.imageFailure);
      this.tellWaiting(execution, state.reason);
    }
  }

  #applySuspension(execution: JobExecution, suspension: string | undefined): void {
    if (suspension !== undefined) this.tellWaiting(execution, suspension);
    else if (execution.reason.startsWith(suspended)) this.tellWaiting(execution, podBeingMade);
  }

  #limitImage(execution: JobExecution, failure: 'now' | 'never' | undefined): void {
    if (failure === undefined) {
      clearLimit(execution, 'image');
      return;
    }
    this.#limit(execution, 'image', failure === 'now' ? this.#options.imageTimeoutMs : 0, () =>
      this.#giveUp(execution, { kind: 'refused', reason: `its image cannot be had: ${execution.reason}` }),
    );
  }

  #limitSilence(execution: JobExecution, node: string | undefined): void {
    if (node === undefined) {
      clearLimit(execution, 'node');
      return;
    }
    this.tellWaiting(execution, `node ${node} does not answer`);
    this.#limit(execution, 'node', this.#options.lostNodeTimeoutMs, () =>
      this.#giveUp(execution, { kind: 'lost', reason: `node ${node} was lost: it does not answer` }),
    );
  }

  /** Judges once the time is over; but for a stop, not while nothing can be seen, as what is waited for may have come. */
  #limit(execution: JobExecution, limit: Limit, timeoutMs: number, judge: () => void): void {
    const { limits } = execution;
    if (limits.has(limit) || execution.isOver) return;
    const judgeWhenSeen = (): void => {
      const isBlind = this.#blindness !== undefined || Date.now() - this.#seeingSince < lastWordsMs;
      if (isBlind && limit !== 'stop') limits.set(limit, setTimeout(judgeWhenSeen, lastWordsMs));
      else judge();
    };
    limits.set(limit, setTimeout(judgeWhenSeen, timeoutMs));
  }

  #tell(execution: JobExecution, reason: string): void {
    if (execution.isOver || execution.told === reason) return;
    execution.told = reason;
    this.#options.tell({ kind: 'waiting', handle: execution.handle, reason }, execution);
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

function clearLimit({ limits }: JobExecution, limit: Limit): void {
  clearTimeout(limits.get(limit));
  limits.delete(limit);
}

function clearLimits(execution: JobExecution): void {
  for (const limit of execution.limits.keys()) clearLimit(execution, limit);
}
