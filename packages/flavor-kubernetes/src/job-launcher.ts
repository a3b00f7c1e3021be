import type { V1Job } from '@kubernetes/client-node';
import type {
  EndCause,
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
} from '@mlstack/core/flavor';
import { endStepLog, LaunchEventQueue, MlstackError, requestKey } from '@mlstack/core/flavor';
import { explainClusterError, telling } from './cluster-errors.ts';
import type { JobExecution } from './job-executions.ts';
import { JobExecutions } from './job-executions.ts';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { ignoreMissing, insist, isTransient, statusOf, unlessAborted } from './kubernetes-api.ts';
import type { KubernetesConfig, KubernetesSettings } from './kubernetes-config.ts';
import type { RunScope } from './object-names.ts';
import { annotations, jobName, selectorOf } from './object-names.ts';
import { readMountFailures, readPodRefusals } from './pod-refusals.ts';
import { readPodTail } from './read-pod-tail.ts';
import { RunObjects } from './run-objects.ts';
import { RunWatch } from './run-watch.ts';
import { describeStepJob, outputPrefixOf } from './step-job.ts';

export interface JobLauncherOptions {
  readonly api: KubernetesApi;
  readonly config: KubernetesConfig;
  readonly componentId: string;
  /** Under which steps put settings for it. */
  readonly settingsKey: string;
}

/** For what the program in a pod does after its step was stopped, in seconds. */
const stopSlackSeconds = 3;
/** How much later than that a pod that was told to end counts as gone, in milliseconds. */
const stopLimitMs = 20_000;
/** How often it is asked why Jobs have no pod, where some have none for that long, in milliseconds. */
const podlessMs = 5000;
/** The same for why volumes of pods are not mounted. */
const mountlessMs = 15_000;
/** How many Jobs that are left behind are named. */
const mostNamed = 5;
/** How long a launcher that is closed goes on trying to remove what is no longer needed, in milliseconds. */
const closeLimitMs = 10_000;

/** How long the end of a step waits for what its pod has printed last, in milliseconds. */
const tailLimitMs = 15_000;
/** Ends of what has logged nothing, or of which nobody asks. */
const withoutLog: readonly EndCause['kind'][] = ['completed', 'refused', 'not-started', 'stopped'];

/** Runs each step as a Job. What it knows it learns from one watch of the run. */
export class JobLauncher implements Launcher {
  readonly concurrency: number;
  readonly #context: LauncherContext;
  readonly #options: JobLauncherOptions;
  readonly #scope: RunScope;
  readonly #objects: RunObjects;
  readonly #events = new LaunchEventQueue();
  readonly #executions: JobExecutions;
  /** Of Jobs that are being made: stops that. */
  readonly #creations = new Map<string, AbortController>();
  /** The request under way that makes a Job, for who has to remove it. */
  readonly #attempts = new Map<string, Promise<unknown>>();
  readonly #removals = new Set<Promise<unknown>>();
  /** Jobs that are done with, the oldest first. Taking a pod away is work for its node, which waits while steps are under way. */
  readonly #finished: string[] = [];
  /** Jobs that could not be removed, with why not. */
  readonly #left = new Map<string, unknown>();
  readonly #closed = new AbortController();
  readonly #patience: InsistOptions;
  #watch: Promise<RunWatch> | undefined;
  #podless: NodeJS.Timeout | undefined;
  #askedForMountsAt = 0;

  constructor(context: LauncherContext, options: JobLauncherOptions) {
    const { api, config, componentId } = options;
    const { namespace, concurrency, apiTimeoutMs, imageTimeoutMs, lostNodeTimeoutMs } = config;
    this.concurrency = concurrency;
    this.#context = context;
    this.#options = options;
    this.#scope = { runId: context.runId, componentId };
    this.#patience = {
      timeoutMs: apiTimeoutMs,
      signal: this.#closed.signal,
      onTrouble: (error) => this.#executions.onTrouble(explainClusterError(api, error).reason),
    };
    this.#objects = new RunObjects({
      api,
      namespace,
      scope: this.#scope,
      context,
      patience: this.#patience,
      ownerTemplate: (request) => this.#describe(request, 'none').spec?.template ?? {},
    });
    this.#executions = new JobExecutions({
      imageTimeoutMs,
      lostNodeTimeoutMs,
      tell: (event, execution) => void this.#tell(event, execution),
    });
    void context.warmWorker?.close();
  }

  async launch(request: StepRequest, credentials: LaunchCredentials): Promise<LaunchHandle> {
    const { config } = this.#options;
    const { namespace } = config;
    const job = jobName(request, this.#scope.componentId);
    const known = this.#executions.get(job);
    if (known !== undefined) return known.handle;
    for (const value of Object.values(credentials.env)) this.#context.secrets.add(value);
    const { runId, nodeId, attempt, role, outputPrefix } = request;
    const handle = { runId, nodeId, attempt, role, detail: { job, namespace } };
    const execution = this.#executions.add({ handle, job, outputPrefix, isMade: false });
    this.#makeRoom();
    const creation = new AbortController();
    this.#creations.set(job, creation);
    try {
      await this.#create(request, credentials, creation.signal);
    } catch (error) {
      if (creation.signal.aborted) {
        this.#executions.end(execution, { kind: 'stopped' });
        return execution.handle;
      }
      const mayHelp = isTransient(error);
      if (MlstackError.is(error) || (statusOf(error) === undefined && !mayHelp)) {
        this.#executions.forget(job);
        throw error;
      }
      // Its Job may have been made all the same: it goes with the release.
      const reason = this.#explain(error);
      this.#executions.end(execution, { kind: mayHelp ? 'lost' : 'refused', reason });
      return execution.handle;
    } finally {
      this.#creations.delete(job);
    }
    this.#executions.onMade(execution);
    this.#executions.limitStart(execution, request.node.settings.startTimeoutMs ?? config.startTimeoutMs);
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
    const gracePeriodSeconds = Math.ceil(graceMs / 1000) + stopSlackSeconds;
    if (execution !== undefined) this.#executions.stop(execution, gracePeriodSeconds * 1000 + stopLimitMs);
    const creation = this.#creations.get(job);
    if (creation !== undefined) {
      creation.abort();
      return;
    }
    const { pod } = execution?.isRunning === true ? execution : {};
    const end = async () => {
      if (pod === undefined) return await this.#deleteJob(job);
      const request = { name: pod, namespace, gracePeriodSeconds };
      await ignoreMissing(insist(() => api.core.deleteNamespacedPod(request), this.#patience));
    };
    try {
      await telling(api, pod === undefined ? `remove Job ${job}` : `end pod ${pod}`, end);
    } catch (error) {
      // What is left then is told when it is closed.
      if (!this.#closed.signal.aborted) throw error;
    }
  }

  async adopt(runId: string): Promise<readonly LaunchHandle[]> {
    const { api, config } = this.#options;
    const { namespace } = config;
    const labelSelector = selectorOf(this.#scope);
    const looking = `look for Jobs of the run in namespace ${namespace}`;
    const { items } = await telling(api, looking, () =>
      insist(() => api.batch.listNamespacedJob({ namespace, labelSelector }), this.#patience),
    );
    const adopted = items.flatMap((job) => {
      const execution = this.#adoptJob(runId, job);
      return execution === undefined ? [] : [{ job, execution }];
    });
    await this.#objects.adopt(items, (job) => this.#readRequest(job));
    await telling(api, looking, () => this.#startWatch());
    for (const { execution } of adopted) this.#executions.limitStart(execution, config.startTimeoutMs);
    return adopted.map(({ execution }) => execution.handle);
  }

  release(handle: LaunchHandle): void {
    const job = String(handle.detail.job);
    this.#creations.get(job)?.abort();
    const execution = this.#executions.get(job);
    this.#executions.forget(job);
    if (execution?.isMade === false && !this.#attempts.has(job)) return;
    if (execution?.hasCompleted === true) this.#finished.push(job);
    else this.#remove(job, execution?.isGivenUp === true ? execution.pod : undefined);
  }

  async close(): Promise<void> {
    const isAllReleased = this.#executions.size === 0;
    const limit = setTimeout(() => this.#closed.abort(), closeLimitMs);
    clearInterval(this.#podless);
    this.#executions.close();
    this.#objects.close();
    if (this.#watch !== undefined) await (await this.#watch.catch(() => undefined))?.close();
    for (const job of this.#finished) this.#remove(job);
    await Promise.all(this.#removals);
    if (this.#left.size > 0) this.#context.notify(this.#describeLeft());
    if (isAllReleased) await this.#objects.remove().catch(() => {});
    clearTimeout(limit);
    this.#closed.abort();
    this.#events.close();
  }

  async #create(request: StepRequest, credentials: LaunchCredentials, signal: AbortSignal): Promise<void> {
    const { api, config } = this.#options;
    const { namespace } = config;
    const stored = Buffer.from(JSON.stringify(request));
    const prepared = Promise.all([
      this.#objects.secretFor(request, credentials),
      this.#context.artifactStore.write(requestKey(request.outputPrefix), stored, { size: stored.length }),
      this.#startWatch(),
    ]);
    const [secretName] = await unlessAborted(prepared, signal);
    const body = this.#describe(request, secretName);
    const job = body.metadata?.name ?? '';
    const create = async () => {
      try {
        await api.batch.createNamespacedJob({ namespace, body });
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
      }
    };
    const attempt = () => {
      const request = create();
      this.#attempts.set(job, request);
      return request;
    };
    await insist(attempt, { ...this.#patience, signal: AbortSignal.any([signal, this.#closed.signal]) });
    this.#attempts.delete(job);
  }

  #describe(request: StepRequest, secretName: string): V1Job {
    const { config, settingsKey } = this.#options;
    // The plan was checked with the flavor's schema before anything started.
    const settings = (request.node.settings.vendor?.[settingsKey] ?? {}) as KubernetesSettings;
    return describeStepJob({ request, scope: this.#scope, config, settings, secretName });
  }

  #adoptJob(runId: string, found: V1Job): JobExecution | undefined {
    const { name: job, annotations: notes = {}, deletionTimestamp } = found.metadata ?? {};
    const nodeId = notes[annotations.node];
    const role = notes[annotations.execution];
    if (job === undefined || nodeId === undefined || deletionTimestamp !== undefined) return undefined;
    if (notes[annotations.runId] !== runId || !isRole(role)) return undefined;
    const attempt = Number(notes[annotations.attempt]);
    const { namespace } = this.#options.config;
    const handle = { runId, nodeId, attempt, role, detail: { job, namespace } };
    return this.#executions.add({ handle, job, outputPrefix: outputPrefixOf(found), isMade: true });
  }

  async #readRequest(job: V1Job): Promise<StepRequest | undefined> {
    const prefix = outputPrefixOf(job);
    if (prefix === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#context.artifactStore.read(requestKey(prefix))) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as StepRequest;
  }

  /** The end of an execution whose program could not say how much it has logged waits until its log has an end. */
  async #tell(event: LaunchEvent, execution: JobExecution): Promise<void> {
    const isOpen = event.kind === 'ended' && event.logChunks === undefined && !withoutLog.includes(event.cause.kind);
    const logChunks = isOpen ? await this.#endLog(execution).catch(() => undefined) : undefined;
    this.#events.push(logChunks === undefined ? event : ({ ...event, logChunks } as LaunchEvent));
  }

  async #endLog({ pod, outputPrefix, isGivenUp }: JobExecution): Promise<number | undefined> {
    if (pod === undefined || outputPrefix === undefined || isGivenUp) return undefined;
    const { api, config } = this.#options;
    const { artifactStore, secrets } = this.#context;
    const end = async () => {
      const tail = await readPodTail(api, config.namespace, pod).catch(() => '');
      return await endStepLog(artifactStore, outputPrefix, tail, secrets);
    };
    return await unlessAborted(end(), AbortSignal.any([this.#closed.signal, AbortSignal.timeout(tailLimitMs)]));
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
          pod: (pod, deleted) => this.#executions.onPod(pod, deleted),
          job: (job, deleted) => this.#executions.onJob(job, deleted),
          unreachable: (error, sinceMs) =>
            this.#executions.onUnreachable(explainClusterError(api, error), sinceMs > apiTimeoutMs),
          reachable: () => this.#executions.onReachable(),
        },
      });
      await watch.start();
      if (this.#closed.signal.aborted) await watch.close();
      else this.#podless ??= setInterval(() => void this.#explainWaits().catch(() => {}), podlessMs).unref();
      return watch;
    };
    this.#watch ??= insist(start, this.#patience);
    this.#watch.catch(() => {
      this.#watch = undefined;
    });
    return this.#watch;
  }

  /** What neither a Job nor its pod says. */
  async #explainWaits(): Promise<void> {
    const { api, config } = this.#options;
    const now = Date.now();
    const waiting = [...this.#executions.remaining()].filter(({ isRunning, isMade }) => isMade && !isRunning);
    const podless = waiting.filter(({ pod, createdAt }) => pod === undefined && createdAt < now - podlessMs);
    if (podless.length > 0) {
      const refusals = await readPodRefusals(api, config.namespace);
      for (const execution of podless) {
        const refusal = refusals.get(execution.job);
        if (refusal !== undefined) this.#executions.tellWaiting(execution, `its pod cannot be made: ${refusal}`);
      }
    }
    const mountless = waiting.filter(({ pod, createdAt }) => pod !== undefined && createdAt < now - mountlessMs);
    if (mountless.length === 0 || this.#askedForMountsAt > now - mountlessMs) return;
    this.#askedForMountsAt = now;
    const failures = await readMountFailures(api, config.namespace);
    for (const execution of mountless) {
      const failure = failures.get(execution.pod ?? '');
      if (failure === undefined || execution.isRunning) continue;
      this.#executions.tellWaiting(execution, `its volumes cannot be mounted: ${failure}`);
    }
  }

  #describeLeft(): string {
    const { api, config } = this.#options;
    const jobs = [...this.#left.keys()];
    const [error] = this.#left.values();
    const reason = this.#closed.signal.aborted
      ? 'the API server did not answer in time'
      : explainClusterError(api, error).reason;
    const more = jobs.length > mostNamed ? ` and ${jobs.length - mostNamed} more` : '';
    return (
      `Jobs of this run are left in namespace ${config.namespace}, and their pods may still run, as ${reason}: ` +
      `${jobs.slice(0, mostNamed).join(', ')}${more}. Remove them with mlstack kubernetes prune once that is mended.`
    );
  }

  #explain(error: unknown): string {
    const { subject, reason, hint } = explainClusterError(this.#options.api, error);
    if (statusOf(error) === 404) return `${reason} (mlstack stack up makes what is missing)`;
    return subject === 'cluster' ? reason : `${reason}. ${hint.replace(/\.$/, '')}`;
  }

  /** Finished Jobs count among those that may exist at the same time. */
  #makeRoom(): void {
    const excess = this.#executions.size + this.#finished.length - this.concurrency;
    for (const job of this.#finished.splice(0, Math.max(0, excess))) this.#remove(job);
  }

  /** Without waiting for it. */
  #remove(job: string, pod?: string): void {
    const { api, config } = this.#options;
    const { namespace } = config;
    const remove = async (): Promise<void> => {
      // It must not be made after it was removed.
      await unlessAborted(this.#attempts.get(job)?.catch(() => {}) ?? Promise.resolve(), this.#closed.signal);
      this.#attempts.delete(job);
      await this.#deleteJob(job);
      if (pod === undefined) return;
      const request = { name: pod, namespace, gracePeriodSeconds: 0 };
      await ignoreMissing(insist(() => api.core.deleteNamespacedPod(request), this.#patience));
    };
    const removal = remove().catch((error: unknown) => this.#left.set(job, error));
    this.#removals.add(removal);
    void removal.finally(() => this.#removals.delete(removal));
  }

  async #deleteJob(name: string): Promise<void> {
    const { api, config } = this.#options;
    const request = { name, namespace: config.namespace, propagationPolicy: 'Background' };
    await ignoreMissing(insist(() => api.batch.deleteNamespacedJob(request), this.#patience));
  }
}

function isRole(text: string | undefined): text is StepRequest['role'] {
  return text === 'step' || text === 'onSuccess' || text === 'onFailure';
}
