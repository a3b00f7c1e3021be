import type {
  LaunchCredentials,
  LaunchEvent,
  Launcher,
  LauncherContext,
  LaunchHandle,
  StepRequest,
  SupervisedEnd,
  SupervisedStep,
  WorkerProcess,
} from '@mlstack/core/flavor';
import { LaunchEventQueue, parseBytes, superviseStep } from '@mlstack/core/flavor';
import { endEarlierWorkers } from './end-earlier-workers.ts';
import { executionName } from './execution-name.ts';
import { WorkerPool } from './worker-pool.ts';
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

/** Runs steps in worker processes, which end with this process at the latest. */
export class LocalLauncher implements Launcher {
  readonly concurrency: number;
  readonly isOnThisMachine = true;
  readonly #context: LauncherContext;
  readonly #options: LocalLauncherOptions;
  readonly #storeConfig: object | undefined;
  readonly #records: WorkerRecords;
  readonly #pool: WorkerPool;
  readonly #events = new LaunchEventQueue();
  readonly #steps = new Map<string, { readonly handle: LaunchHandle; readonly step: SupervisedStep }>();

  constructor(context: LauncherContext, options: LocalLauncherOptions) {
    this.concurrency = options.concurrency;
    this.#context = context;
    this.#options = options;
    this.#storeConfig = context.artifactStore.plainConfig();
    this.#records = new WorkerRecords(options.stateDirectory, context.runId);
    const { concurrency: size } = options;
    this.#pool = new WorkerPool({ program: context.programs.worker, size, records: this.#records });
    const { warmWorker } = context;
    if (warmWorker === undefined) return;
    if (options.reuse) this.#pool.adopt(warmWorker);
    else void warmWorker.close();
  }

  async launch(request: StepRequest, { env }: LaunchCredentials): Promise<LaunchHandle> {
    const { runId, nodeId, attempt, role } = request;
    const name = executionName(request);
    const known = this.#steps.get(name);
    if (known !== undefined) return known.handle;
    for (const value of Object.values(env)) this.#context.secrets.add(value);
    const handle: LaunchHandle = { runId, nodeId, attempt, role, detail: {} };
    const step = this.#supervise(request, env, () => this.#events.push({ kind: 'running', handle }));
    this.#steps.set(name, { handle, step });
    const lost = ({ message }: Error): SupervisedEnd => {
      const reason = `its supervision failed: ${message}`;
      return { cause: { kind: 'lost', reason }, logChunks: 0, reusable: false };
    };
    void step.end.catch(lost).then(({ cause, result, logChunks }) => {
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
    await endEarlierWorkers(records, this.#pool.tokens);
    return [];
  }

  async close(): Promise<void> {
    for (const { step } of this.#steps.values()) step.stop(0);
    await this.#pool.close();
    await Promise.all([...this.#steps.values()].map(({ step }) => step.end));
    this.#records.removeFolder();
    this.#events.close();
  }

  #supervise(request: StepRequest, env: LaunchCredentials['env'], onRunning: () => void): SupervisedStep {
    const memoryLimitBytes =
      parseBytes(request.node.settings.resources?.memory ?? '') ?? this.#options.memoryLimitBytes;
    const job = this.#job(request);
    if (memoryLimitBytes === undefined && this.#options.reuse) {
      const begin = (worker: WorkerProcess) => {
        const step = superviseStep(worker, job, this.#context, { onRunning });
        this.#pool.record(worker);
        return this.#givingBack(worker, step);
      };
      const free = this.#pool.take(env);
      if (free !== undefined) return begin(free);
      return superviseWhenFree({
        ...this.#pool.await(env),
        begin,
        discard: (worker) => this.#pool.release(worker),
        startTimeoutMs: request.node.settings.startTimeoutMs,
      });
    }
    const worker = this.#pool.start(env, memoryLimitBytes);
    const limit = memoryLimitBytes === undefined ? {} : { memoryLimitBytes };
    const { end, stop } = superviseStep(worker, job, this.#context, { ...limit, onRunning });
    return { stop, end: end.finally(() => worker.close()) };
  }

  #givingBack(worker: WorkerProcess, { end, stop }: SupervisedStep): SupervisedStep {
    const giveBack = async (): Promise<SupervisedEnd> => {
      const ended = await end;
      if (ended.reusable) this.#pool.release(worker);
      else await worker.close();
      return ended;
    };
    return { stop, end: giveBack() };
  }

  #job(request: StepRequest) {
    const { artifactStore } = request.components;
    const resolvedConfig = this.#storeConfig;
    return {
      kind: 'execute',
      request:
        resolvedConfig === undefined
          ? request
          : { ...request, components: { artifactStore: { ...artifactStore, resolvedConfig } } },
      bundleDirectory: this.#context.bundleDirectory(request.code.digest),
      artifactStoreContext: this.#context.componentContext(request.components.artifactStore.id),
    } as const;
  }
}

interface AwaitedWorker {
  readonly worker: Promise<WorkerProcess>;
  cancel(): void;
  begin(worker: WorkerProcess): SupervisedStep;
  /** What to do with one that comes too late. */
  discard(worker: WorkerProcess): void;
  readonly startTimeoutMs: number | undefined;
}

/** A step that may be stopped, or be too late, before it has a worker. */
function superviseWhenFree({ worker, cancel, begin, discard, startTimeoutMs }: AwaitedWorker): SupervisedStep {
  let begun: SupervisedStep | undefined;
  let isGivenUp = false;
  const given = Promise.withResolvers<SupervisedEnd>();
  const giveUp = (cause: SupervisedEnd['cause']): void => {
    cancel();
    isGivenUp = true;
    given.resolve({ cause, logChunks: 0, reusable: false });
  };
  const late = { kind: 'not-started', reason: `no worker process was free within ${startTimeoutMs} ms` } as const;
  const timer = startTimeoutMs === undefined ? undefined : setTimeout(giveUp, startTimeoutMs, late);
  void worker.then((free) => {
    clearTimeout(timer);
    if (isGivenUp) {
      discard(free);
      return;
    }
    begun = begin(free);
    given.resolve(begun.end);
  });
  return {
    end: given.promise,
    stop(graceMs) {
      if (begun === undefined) giveUp({ kind: 'stopped' });
      else begun.stop(graceMs);
    },
  };
}
