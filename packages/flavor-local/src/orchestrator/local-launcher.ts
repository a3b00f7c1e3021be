import type {
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
  SupervisedStep,
} from '@mlstack/core/flavor';
import { LaunchEventQueue, parseBytes, superviseStep, WorkerProcess } from '@mlstack/core/flavor';
import { endEarlierWorkers } from './end-earlier-workers.ts';
import { executionName } from './execution-name.ts';
import { WorkerRecords } from './worker-records.ts';

export interface LocalLauncherOptions {
  readonly concurrency: number;
  /** The component's own folder. */
  readonly stateDirectory: string;
  /** Whether a worker that did a step well does the next one. */
  readonly reuse: boolean;
  /** For steps that ask for no memory themselves. */
  readonly memoryLimitBytes?: number;
}

interface IdleWorker {
  readonly worker: WorkerProcess;
  readonly environment: string;
}

/** Runs steps in worker processes, which end with this process at the latest. */
export class LocalLauncher implements Launcher {
  readonly concurrency: number;
  readonly #context: LauncherContext;
  readonly #options: LocalLauncherOptions;
  readonly #records: WorkerRecords;
  readonly #events = new LaunchEventQueue();
  readonly #steps = new Map<string, { readonly handle: LaunchHandle; readonly step: SupervisedStep }>();
  readonly #workers = new Set<WorkerProcess>();
  readonly #recorded = new Set<string>();
  #idle: IdleWorker[] = [];

  constructor(context: LauncherContext, options: LocalLauncherOptions) {
    this.concurrency = options.concurrency;
    this.#context = context;
    this.#options = options;
    this.#records = new WorkerRecords(options.stateDirectory, context.runId);
    const { warmWorker } = context;
    if (warmWorker === undefined) return;
    this.#keep(warmWorker);
    if (options.reuse) this.#idle.push({ worker: warmWorker, environment: environmentKey({}) });
    else void warmWorker.close();
  }

  async launch(request: StepRequest, { env }: LaunchCredentials): Promise<LaunchHandle> {
    const { runId, nodeId, attempt, role } = request;
    const name = executionName(request);
    const known = this.#steps.get(name);
    if (known !== undefined) return known.handle;
    for (const value of Object.values(env)) this.#context.secrets.add(value);
    const limit = parseBytes(request.node.settings.resources?.memory ?? '') ?? this.#options.memoryLimitBytes;
    const environment = environmentKey(env);
    const worker = limit === undefined ? this.#takeWorker(env, environment) : this.#startWorker(env, limit);
    const handle: LaunchHandle = { runId, nodeId, attempt, role, detail: { pid: worker.pid ?? 0 } };
    const step = superviseStep(worker, this.#job(request), this.#context, {
      ...(limit === undefined ? {} : { memoryLimitBytes: limit }),
      onRunning: () => this.#events.push({ kind: 'running', handle }),
    });
    this.#steps.set(name, { handle, step });
    void step.end.then(async ({ cause, result, logChunks, reusable }) => {
      if (reusable && limit === undefined && this.#options.reuse) this.#idle.push({ worker, environment });
      else await worker.close();
      this.#steps.delete(name);
      this.#events.push({ kind: 'ended', handle, cause, logChunks, ...(result === undefined ? {} : { result }) });
    });
    return handle;
  }

  events(): AsyncIterable<LaunchEvent> {
    return this.#events;
  }

  async stop(handle: LaunchHandle, graceMs: number): Promise<void> {
    this.#steps.get(executionName(handle))?.step.stop(graceMs);
  }

  async adopt(runId: string): Promise<readonly LaunchHandle[]> {
    const records = new WorkerRecords(this.#options.stateDirectory, runId);
    await endEarlierWorkers(records, this.#recorded);
    return [];
  }

  async close(): Promise<void> {
    for (const { step } of this.#steps.values()) step.stop(0);
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    await Promise.all([...this.#steps.values()].map(({ step }) => step.end));
    this.#records.removeFolder();
    this.#events.close();
  }

  #job(request: StepRequest) {
    return {
      kind: 'execute',
      request,
      bundleDirectory: this.#context.bundleDirectory(request.code.digest),
      artifactStoreContext: this.#context.componentContext(request.components.artifactStore.id),
    } as const;
  }

  #takeWorker(env: LaunchCredentials['env'], environment: string): WorkerProcess {
    this.#idle = this.#idle.filter(({ worker }) => !worker.isOver);
    const index = this.#idle.findIndex((one) => one.environment === environment);
    if (index !== -1) {
      const [{ worker }] = this.#idle.splice(index, 1) as [IdleWorker];
      this.#record(worker);
      return worker;
    }
    if (this.#idle.length > 0 && this.#workers.size >= this.concurrency) void this.#idle.shift()?.worker.close();
    return this.#startWorker(env);
  }

  #startWorker(env: LaunchCredentials['env'], heapLimitBytes?: number): WorkerProcess {
    const worker = new WorkerProcess({
      program: this.#context.programs.worker,
      env,
      ...(heapLimitBytes === undefined ? {} : { heapLimitBytes }),
    });
    this.#keep(worker);
    this.#record(worker);
    return worker;
  }

  #keep(worker: WorkerProcess): void {
    this.#workers.add(worker);
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      if (this.#recorded.delete(worker.token)) this.#records.remove(worker.token);
    });
  }

  #record(worker: WorkerProcess): void {
    const { token } = worker;
    if (this.#recorded.has(token)) return;
    const { identity } = worker;
    if (identity === undefined) return;
    this.#recorded.add(token);
    this.#records.add({ process: identity, token });
  }
}

/** Two environments are the same where they differ from this process's in the same way. */
function environmentKey(env: LaunchCredentials['env']): string {
  const differing = Object.entries(env).filter(([name, value]) => process.env[name] !== value);
  return JSON.stringify(differing.sort(([one], [other]) => (one < other ? -1 : 1)));
}
