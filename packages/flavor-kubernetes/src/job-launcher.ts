import type { V1Job, V1Pod } from '@kubernetes/client-node';
import type {
  EndCause,
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
} from '@mlstack/core/flavor';
import { LaunchEventQueue, requestKey } from '@mlstack/core/flavor';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { explainApiError, insist, isTransient, statusOf } from './kubernetes-api.ts';
import type { KubernetesConfig, KubernetesSettings } from './kubernetes-config.ts';
import type { RunScope } from './object-names.ts';
import { annotations, jobName, selectorOf } from './object-names.ts';
import type { PodState } from './pod-state.ts';
import { podDeleted, readJobFailure, readPodState } from './pod-state.ts';
import { RunObjects } from './run-objects.ts';
import { RunWatch } from './run-watch.ts';
import { describeStepJob } from './step-job.ts';

export interface JobLauncherOptions {
  readonly api: KubernetesApi;
  readonly config: KubernetesConfig;
  readonly componentId: string;
  /** Under which steps put settings for it. */
  readonly settingsKey: string;
}

interface Execution {
  readonly handle: LaunchHandle;
  readonly job: string;
  startTimer?: NodeJS.Timeout;
  imageTimer?: NodeJS.Timeout;
  reason: string;
  pod?: string;
  isRunning: boolean;
  isStopping: boolean;
  isOver: boolean;
}

/** Time for a pod's last words where its Job is over first, in milliseconds. */
const lastWordsMs = 5000;
/** For what the program in a pod does after its step was stopped, in seconds. */
const stopSlackSeconds = 3;

/** Runs each step as a Job. What it knows it learns from one watch of the run. */
export class JobLauncher implements Launcher {
  readonly concurrency: number;
  readonly #context: LauncherContext;
  readonly #options: JobLauncherOptions;
  readonly #scope: RunScope;
  readonly #objects: RunObjects;
  readonly #events = new LaunchEventQueue();
  readonly #executions = new Map<string, Execution>();
  readonly #removals = new Set<Promise<unknown>>();
  readonly #closed = new AbortController();
  readonly #patience: InsistOptions;
  #watch: Promise<RunWatch> | undefined;

  constructor(context: LauncherContext, options: JobLauncherOptions) {
    const { api, config, componentId } = options;
    const { namespace } = config;
    this.concurrency = config.concurrency;
    this.#context = context;
    this.#options = options;
    this.#scope = { runId: context.runId, componentId };
    this.#patience = { timeoutMs: config.apiTimeoutMs, signal: this.#closed.signal };
    this.#objects = new RunObjects({ api, namespace, scope: this.#scope, context, patience: this.#patience });
    void context.warmWorker?.close();
  }

  async launch(request: StepRequest, credentials: LaunchCredentials): Promise<LaunchHandle> {
    const { api, config, settingsKey } = this.#options;
    const { namespace } = config;
    const job = jobName(request, this.#scope.componentId);
    const known = this.#executions.get(job);
    if (known !== undefined) return known.handle;
    for (const value of Object.values(credentials.env)) this.#context.secrets.add(value);
    const { runId, nodeId, attempt, role, outputPrefix } = request;
    const execution = this.#track({ runId, nodeId, attempt, role, detail: { job, namespace } }, job);
    try {
      const body = Buffer.from(JSON.stringify(request));
      const [secretName] = await Promise.all([
        this.#objects.secretFor(request, credentials),
        this.#context.artifactStore.write(requestKey(outputPrefix), body, { size: body.length }),
        this.#startWatch(),
      ]);
      // The plan was checked with the flavor's schema before anything started.
      const settings = (request.node.settings.vendor?.[settingsKey] ?? {}) as KubernetesSettings;
      const description = describeStepJob({ request, scope: this.#scope, config, settings, secretName });
      await insist(async () => {
        try {
          await api.batch.createNamespacedJob({ namespace, body: description });
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
        }
      }, this.#patience);
    } catch (error) {
      if (statusOf(error) === undefined || isTransient(error)) {
        this.#forget(execution);
        throw error;
      }
      this.#end(execution, { kind: 'refused', reason: this.#explainRefusal(error) });
      return execution.handle;
    }
    this.#limitStart(execution, request.node.settings.startTimeoutMs ?? config.startTimeoutMs);
    return execution.handle;
  }

  events(): AsyncIterable<LaunchEvent> {
    return this.#events;
  }

  async stop(handle: LaunchHandle, graceMs: number): Promise<void> {
    const { api, config } = this.#options;
    const { namespace } = config;
    const job = String(handle.detail.job);
    const execution = this.#executions.get(job);
    if (execution?.isOver === true) return;
    if (execution !== undefined) execution.isStopping = true;
    if (execution?.isRunning === true && execution.pod !== undefined) {
      const gracePeriodSeconds = Math.ceil(graceMs / 1000) + stopSlackSeconds;
      const name = execution.pod;
      await ignoreMissing(
        insist(() => api.core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds }), this.#patience),
      );
    } else await this.#deleteJob(job);
  }

  async adopt(runId: string): Promise<readonly LaunchHandle[]> {
    const { api, config } = this.#options;
    const { namespace } = config;
    const labelSelector = selectorOf(this.#scope, 'step');
    const { items } = await insist(() => api.batch.listNamespacedJob({ namespace, labelSelector }), this.#patience);
    const handles: LaunchHandle[] = [];
    for (const { metadata } of items) {
      const { name: job, annotations: notes = {}, deletionTimestamp } = metadata ?? {};
      const nodeId = notes[annotations.node];
      const role = notes[annotations.execution];
      if (job === undefined || nodeId === undefined || deletionTimestamp !== undefined) continue;
      if (notes[annotations.runId] !== runId || !isRole(role)) continue;
      const attempt = Number(notes[annotations.attempt]);
      const execution = this.#track({ runId, nodeId, attempt, role, detail: { job, namespace } }, job);
      this.#limitStart(execution, config.startTimeoutMs);
      handles.push(execution.handle);
    }
    await this.#startWatch();
    return handles;
  }

  release(handle: LaunchHandle): void {
    const job = String(handle.detail.job);
    this.#executions.delete(job);
    const removal = this.#deleteJob(job).catch(() => {
      // Its time to live ends it.
    });
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }

  async close(): Promise<void> {
    const remaining = [...this.#executions.values()].some(({ isOver }) => !isOver);
    this.#objects.close();
    for (const execution of this.#executions.values()) clearTimers(execution);
    if (this.#watch !== undefined) await (await this.#watch.catch(() => undefined))?.close();
    await Promise.all(this.#removals);
    if (!remaining && this.#watch !== undefined) await this.#objects.remove().catch(() => {});
    this.#closed.abort();
    this.#events.close();
  }

  #track(handle: LaunchHandle, job: string): Execution {
    const execution = {
      handle,
      job,
      reason: 'its pod is being made',
      isRunning: false,
      isStopping: false,
      isOver: false,
    };
    this.#executions.set(job, execution);
    return execution;
  }

  #forget(execution: Execution): void {
    clearTimers(execution);
    execution.isOver = true;
    this.#executions.delete(execution.job);
  }

  #startWatch(): Promise<RunWatch> {
    const { api, config } = this.#options;
    const { namespace, apiTimeoutMs } = config;
    const start = async (): Promise<RunWatch> => {
      const watch = new RunWatch({
        api,
        namespace,
        scope: this.#scope,
        handlers: {
          pod: (pod, deleted) => this.#onPod(pod, deleted),
          job: (job, deleted) => this.#onJob(job, deleted),
          unreachable: (reason, sinceMs) => this.#onUnreachable(reason, sinceMs > apiTimeoutMs),
        },
      });
      await watch.start();
      return watch;
    };
    this.#watch ??= insist(start, this.#patience);
    this.#watch.catch(() => {
      this.#watch = undefined;
    });
    return this.#watch;
  }

  #onPod(pod: V1Pod, deleted: boolean): void {
    const job = pod.metadata?.ownerReferences?.find(({ kind }) => kind === 'Job')?.name;
    const execution = job === undefined ? undefined : this.#executions.get(job);
    if (execution === undefined || execution.isOver) return;
    if (pod.metadata?.name !== undefined) execution.pod = pod.metadata.name;
    this.#apply(execution, readPodState(pod, deleted));
  }

  #apply(execution: Execution, state: PodState): void {
    const { handle } = execution;
    if (state.kind === 'ended') {
      this.#end(execution, state.cause, state.logChunks);
    } else if (state.kind === 'running') {
      clearTimers(execution);
      if (!execution.isRunning) this.#events.push({ kind: 'running', handle });
      execution.isRunning = true;
    } else if (!execution.isRunning) {
      this.#limitImage(execution, state.imageFailure);
      this.#tellWaiting(execution, state.reason);
    }
  }

  #onJob({ metadata, ...job }: V1Job, deleted: boolean): void {
    const execution = metadata?.name === undefined ? undefined : this.#executions.get(metadata.name);
    if (execution === undefined || execution.isOver) return;
    if (deleted && !execution.isRunning) {
      this.#end(execution, { kind: 'lost', reason: 'its Job was deleted' });
      return;
    }
    const cause = readJobFailure(job) ?? (deleted ? { kind: 'lost', reason: 'its Job was deleted' } : undefined);
    if (cause !== undefined) setTimeout(() => this.#end(execution, cause), lastWordsMs).unref();
  }

  #onUnreachable(reason: string, isTooLong: boolean): void {
    for (const execution of this.#executions.values()) {
      if (execution.isOver) continue;
      const text = `the API server cannot be reached: ${reason}`;
      if (isTooLong) this.#end(execution, { kind: 'lost', reason: text });
      else this.#tellWaiting(execution, text);
    }
  }

  #tellWaiting(execution: Execution, reason: string): void {
    if (execution.reason === reason) return;
    execution.reason = reason;
    this.#events.push({ kind: 'waiting', handle: execution.handle, reason });
  }

  #limitStart(execution: Execution, timeoutMs: number): void {
    if (execution.isRunning || execution.isOver) return;
    execution.startTimer = setTimeout(() => {
      const reason = `${execution.reason} (waited ${Math.round(timeoutMs / 1000)} s)`;
      this.#giveUp(execution, { kind: 'not-started', reason });
    }, timeoutMs);
  }

  #limitImage(execution: Execution, failure: 'now' | 'never' | undefined): void {
    if (failure === undefined) return;
    const refuse = () =>
      this.#giveUp(execution, { kind: 'refused', reason: `its image cannot be had: ${execution.reason}` });
    if (failure === 'now') execution.imageTimer ??= setTimeout(refuse, this.#options.config.imageTimeoutMs);
    else setImmediate(refuse);
  }

  #giveUp(execution: Execution, cause: EndCause): void {
    if (execution.isOver || execution.isRunning) return;
    this.#end(execution, cause);
    this.release(execution.handle);
  }

  #end(execution: Execution, cause: EndCause, logChunks?: number): void {
    if (execution.isOver) return;
    clearTimers(execution);
    execution.isOver = true;
    const { handle, isStopping } = execution;
    this.#events.push({
      kind: 'ended',
      handle,
      cause: adjust(cause, isStopping),
      ...(logChunks === undefined ? {} : { logChunks }),
    });
  }

  #explainRefusal(error: unknown): string {
    const text = explainApiError(error);
    return statusOf(error) === 404 ? `${text} (mlstack stack up makes what is missing)` : text;
  }

  async #deleteJob(name: string): Promise<void> {
    const { api, config } = this.#options;
    const request = { name, namespace: config.namespace, propagationPolicy: 'Background' };
    await ignoreMissing(insist(() => api.batch.deleteNamespacedJob(request), this.#patience));
  }
}

/** A program that was told to stop by somebody else lost its place; one that was stopped by us was not lost. */
function adjust(cause: EndCause, isStopping: boolean): EndCause {
  if (cause.kind === 'stopped') return isStopping ? cause : { kind: 'lost', reason: podDeleted };
  return isStopping && cause.kind !== 'completed' ? { kind: 'stopped' } : cause;
}

function clearTimers({ startTimer, imageTimer }: Execution): void {
  clearTimeout(startTimer);
  clearTimeout(imageTimer);
}

function isRole(text: string | undefined): text is StepRequest['role'] {
  return text === 'step' || text === 'onSuccess' || text === 'onFailure';
}

async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
