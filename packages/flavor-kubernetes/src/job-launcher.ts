import type { V1Job } from '@kubernetes/client-node';
import type {
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
} from '@mlstack/core/flavor';
import { LaunchEventQueue, MlstackError, requestKey } from '@mlstack/core/flavor';
import { explainClusterError, telling } from './cluster-errors.ts';
import type { JobExecution } from './job-executions.ts';
import { JobExecutions } from './job-executions.ts';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { ignoreMissing, insist, isTransient, statusOf } from './kubernetes-api.ts';
import type { KubernetesConfig, KubernetesSettings } from './kubernetes-config.ts';
import type { RunScope } from './object-names.ts';
import { annotations, jobName, selectorOf } from './object-names.ts';
import { readPodRefusals } from './pod-refusals.ts';
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
/** How long a launcher that is closed goes on trying to remove what is no longer needed, in milliseconds. */
const closeLimitMs = 10_000;

/** Runs each step as a Job. What it knows it learns from one watch of the run. */
export class JobLauncher implements Launcher {
  readonly concurrency: number;
  readonly #context: LauncherContext;
  readonly #options: JobLauncherOptions;
  readonly #scope: RunScope;
  readonly #objects: RunObjects;
  readonly #events = new LaunchEventQueue();
  readonly #executions: JobExecutions;
  readonly #removals = new Set<Promise<unknown>>();
  readonly #closed = new AbortController();
  readonly #patience: InsistOptions;
  #watch: Promise<RunWatch> | undefined;
  #podless: NodeJS.Timeout | undefined;

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
      onTrouble: (reason) => this.#executions.onUnreachable(reason, false),
    };
    this.#objects = new RunObjects({ api, namespace, scope: this.#scope, context, patience: this.#patience });
    this.#executions = new JobExecutions({
      imageTimeoutMs,
      lostNodeTimeoutMs,
      tell: (event) => this.#events.push(event),
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
    const { runId, nodeId, attempt, role } = request;
    const execution = this.#executions.add({ runId, nodeId, attempt, role, detail: { job, namespace } }, job);
    try {
      await this.#create(request, credentials);
    } catch (error) {
      const mayHelp = isTransient(error);
      if (MlstackError.is(error) || (statusOf(error) === undefined && !mayHelp)) {
        this.#executions.forget(job);
        throw error;
      }
      // Its Job may have been made all the same: it goes with the release.
      const reason = this.#explain(error);
      this.#executions.end(execution, { kind: mayHelp ? 'lost' : 'refused', reason });
      return execution.handle;
    }
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
    if (execution?.isRunning === true && execution.pod !== undefined) {
      const name = execution.pod;
      await telling(api, `end pod ${name}`, () =>
        ignoreMissing(
          insist(() => api.core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds }), this.#patience),
        ),
      );
    } else await telling(api, `remove Job ${job}`, () => this.#deleteJob(job));
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
    const execution = this.#executions.get(job);
    this.#executions.forget(job);
    this.#remove(job, execution?.isGivenUp === true ? execution.pod : undefined);
  }

  async close(): Promise<void> {
    const isAllReleased = this.#executions.isEmpty;
    const limit = setTimeout(() => this.#closed.abort(), closeLimitMs);
    clearInterval(this.#podless);
    this.#executions.close();
    this.#objects.close();
    if (this.#watch !== undefined) await (await this.#watch.catch(() => undefined))?.close();
    await Promise.all(this.#removals);
    // What is left behind here is ended by the cluster: each has a time to live.
    if (isAllReleased) await this.#objects.remove().catch(() => {});
    clearTimeout(limit);
    this.#closed.abort();
    this.#events.close();
  }

  async #create(request: StepRequest, credentials: LaunchCredentials): Promise<void> {
    const { api, config, settingsKey } = this.#options;
    const { namespace } = config;
    const body = Buffer.from(JSON.stringify(request));
    const [secretName] = await Promise.all([
      this.#objects.secretFor(request, credentials),
      this.#context.artifactStore.write(requestKey(request.outputPrefix), body, { size: body.length }),
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
  }

  #adoptJob(runId: string, { metadata }: V1Job): JobExecution | undefined {
    const { name: job, annotations: notes = {}, deletionTimestamp } = metadata ?? {};
    const nodeId = notes[annotations.node];
    const role = notes[annotations.execution];
    if (job === undefined || nodeId === undefined || deletionTimestamp !== undefined) return undefined;
    if (notes[annotations.runId] !== runId || !isRole(role)) return undefined;
    const attempt = Number(notes[annotations.attempt]);
    const { namespace } = this.#options.config;
    return this.#executions.add({ runId, nodeId, attempt, role, detail: { job, namespace } }, job);
  }

  async #readRequest(job: V1Job): Promise<StepRequest | undefined> {
    const prefix = outputPrefixOf(job);
    if (prefix === undefined) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#context.artifactStore.read(requestKey(prefix))) chunks.push(chunk);
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as StepRequest;
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
          unreachable: (reason, sinceMs) => this.#executions.onUnreachable(reason, sinceMs > apiTimeoutMs),
        },
      });
      await watch.start();
      this.#podless ??= setInterval(() => void this.#explainPodless().catch(() => {}), podlessMs).unref();
      return watch;
    };
    this.#watch ??= insist(start, this.#patience);
    this.#watch.catch(() => {
      this.#watch = undefined;
    });
    return this.#watch;
  }

  async #explainPodless(): Promise<void> {
    const since = Date.now() - podlessMs;
    const podless = [...this.#executions.remaining()].filter(
      ({ pod, createdAt }) => pod === undefined && createdAt < since,
    );
    if (podless.length === 0) return;
    const refusals = await readPodRefusals(this.#options.api, this.#options.config.namespace);
    for (const execution of podless) {
      const refusal = refusals.get(execution.job);
      if (refusal !== undefined) this.#executions.tellWaiting(execution, `its pod cannot be made: ${refusal}`);
    }
  }

  #explain(error: unknown): string {
    const { subject, reason, hint } = explainClusterError(this.#options.api, error);
    if (statusOf(error) === 404) return `${reason} (mlstack stack up makes what is missing)`;
    return subject === 'cluster' ? reason : `${reason}. ${hint.replace(/\.$/, '')}`;
  }

  /** Without waiting for it. What cannot be removed ends by its time to live. */
  #remove(job: string, pod?: string): void {
    const { api, config } = this.#options;
    const { namespace } = config;
    const removePod = async (name: string) =>
      ignoreMissing(
        insist(() => api.core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 }), this.#patience),
      );
    const removal = Promise.all([this.#deleteJob(job), pod === undefined ? undefined : removePod(pod)]).catch(() => {});
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
