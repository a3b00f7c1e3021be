import { availableParallelism } from 'node:os';
import type { LaunchCredentials } from '@mlstack/core/flavor';
import { WorkerProcess } from '@mlstack/core/flavor';
import type { WorkerRecords } from './worker-records.ts';

type Environment = LaunchCredentials['env'];

export interface WorkerPoolOptions {
  /** The program of a worker. */
  readonly program: string;
  /** No more than this many are there at once. */
  readonly size: number;
  readonly records: WorkerRecords;
}

interface Waiter {
  readonly env: Environment;
  readonly environment: string;
  readonly since: number;
  take(worker: WorkerProcess): void;
}

/** For how long a busy worker is waited for, in milliseconds, before another is started: a start costs more than several short steps. */
const patienceMs = 20;

/**
 * The worker processes of a launcher. As many are started as steps have to wait for, and no more at the same time than there are
 * processors to start them on: steps that are over in a moment share a few, steps that take their time have one each.
 */
export class WorkerPool {
  /** Of workers that were started here: what finds them again. */
  readonly tokens = new Set<string>();
  readonly #options: WorkerPoolOptions;
  /** All that live. */
  readonly #workers = new Set<WorkerProcess>();
  /** What the environment of each differs in. */
  readonly #environments = new WeakMap<WorkerProcess, string>();
  readonly #starting = new Set<WorkerProcess>();
  #idle: WorkerProcess[] = [];
  #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Takes a worker that was started elsewhere, with the environment of this process. */
  adopt(worker: WorkerProcess): void {
    this.#keep(worker, environmentKey({}));
    this.#idle.push(worker);
  }

  /** A worker with this environment that is free. Whoever takes it records it, at the latest when it has begun with a step. */
  take(env: Environment): WorkerProcess | undefined {
    const environment = environmentKey(env);
    this.#idle = this.#idle.filter((worker) => !worker.isOver);
    const index = this.#idle.findIndex((worker) => this.#environments.get(worker) === environment);
    return index === -1 ? undefined : this.#idle.splice(index, 1)[0];
  }

  /** A worker with this environment, where none is free, as soon as one is. `cancel` has an effect until then. */
  await(env: Environment): { readonly worker: Promise<WorkerProcess>; cancel(): void } {
    const environment = environmentKey(env);
    const { promise, resolve } = Promise.withResolvers<WorkerProcess>();
    const waiter: Waiter = { env, environment, since: performance.now(), take: resolve };
    this.#waiters.push(waiter);
    this.#startDue();
    return {
      worker: promise,
      cancel: () => {
        this.#waiters = this.#waiters.filter((one) => one !== waiter);
      },
    };
  }

  /** A new worker, for one step that shares it with none. */
  start(env: Environment, heapLimitBytes?: number): WorkerProcess {
    const { program, size } = this.#options;
    if (this.#workers.size >= size) void this.#idle.shift()?.close();
    const worker = new WorkerProcess({ program, env, ...(heapLimitBytes === undefined ? {} : { heapLimitBytes }) });
    this.#keep(worker, environmentKey(env));
    this.record(worker);
    return worker;
  }

  /** Gives back one that can do the next step. One that could not even start goes to who waits for it, and says why. */
  release(worker: WorkerProcess): void {
    const index = this.#waiters.findIndex(({ environment }) => environment === this.#environments.get(worker));
    const [waiter] = index === -1 ? [] : this.#waiters.splice(index, 1);
    if (waiter === undefined) this.#idle.push(worker);
    else waiter.take(worker);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    // One that has not begun with anything has nothing to end in order.
    const close = (worker: WorkerProcess) => (this.#starting.has(worker) ? worker.kill() : worker.close());
    await Promise.all([...this.#workers].map(close));
  }

  /** Starts a worker for each who has waited long enough, or waits for what nobody else will give back. */
  #startDue(): void {
    clearTimeout(this.#timer);
    if (this.#waiters.length === 0) return;
    const coming = new Map<string, number>();
    for (const worker of this.#starting) this.#count(coming, worker);
    const now = performance.now();
    let next: number | undefined;
    for (const { env, environment, since } of this.#waiters) {
      const expected = coming.get(environment) ?? 0;
      coming.set(environment, expected - 1);
      if (expected > 0) continue;
      const waitMs = since + patienceMs - now;
      if (waitMs > 0 && this.#hasWorker(environment)) next = Math.min(next ?? waitMs, waitMs);
      else if (this.#starting.size < availableParallelism()) this.#startFor(env);
    }
    if (next !== undefined) this.#timer = setTimeout(() => this.#startDue(), Math.ceil(next));
  }

  #startFor(env: Environment): void {
    const worker = this.start(env);
    this.#starting.add(worker);
    void worker.ready.then(() => {
      this.#starting.delete(worker);
      this.release(worker);
      this.#startDue();
    });
  }

  #hasWorker(environment: string): boolean {
    return this.#workers.values().some((worker) => this.#environments.get(worker) === environment);
  }

  #count(counts: Map<string, number>, worker: WorkerProcess): void {
    const environment = this.#environments.get(worker);
    if (environment !== undefined) counts.set(environment, (counts.get(environment) ?? 0) + 1);
  }

  #keep(worker: WorkerProcess, environment: string): void {
    this.#workers.add(worker);
    this.#environments.set(worker, environment);
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      if (this.tokens.delete(worker.token)) this.#options.records.remove(worker.token);
      this.#startDue();
    });
  }

  /** So that the next driver of the run finds it, where this one dies and the worker does not. */
  record(worker: WorkerProcess): void {
    const { token } = worker;
    if (this.tokens.has(token)) return;
    const { identity } = worker;
    if (identity === undefined) return;
    this.tokens.add(token);
    this.#options.records.add({ process: identity, token });
  }
}

/** Two environments are the same where they differ from this process's in the same way. */
function environmentKey(env: Environment): string {
  const differing = Object.entries(env).filter(([name, value]) => process.env[name] !== value);
  return JSON.stringify(differing.sort(([one], [other]) => (one < other ? -1 : 1)));
}
