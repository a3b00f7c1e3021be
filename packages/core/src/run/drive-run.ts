import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { StepOperatorMissingError } from '../errors/run-errors.ts';
import type { FailureMode, StepNode } from '../pipeline/plan.ts';
import { createId } from './create-id.ts';
import { createStepRequest } from './create-step-request.ts';
import { describeEndCause } from './describe-end-cause.ts';
import { toErrorRecord } from './error-record.ts';
import { LaunchPool } from './launch-pool.ts';
import type { EndCause, LaunchEvent, Launcher, LaunchHandle } from './launcher.ts';
import type { RecordedOutputs } from './node-outputs.ts';
import { NodeOutputs } from './node-outputs.ts';
import { outputPrefix } from './output-keys.ts';
import { parseStepResult } from './parse-step-result.ts';
import { readStepResult } from './read-step-result.ts';
import type { RestoredRun } from './restore-run.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { RunEvent } from './run-events.ts';
import type { RunOutcome } from './run-outcome.ts';
import type { Lease, NewRun } from './run-record.ts';
import { RunRecorder } from './run-recorder.ts';
import type { LauncherRole } from './run-schedule.ts';
import { dependenciesOf, launcherOf, RunSchedule } from './run-schedule.ts';
import type { CacheIdentity } from './step-cache.ts';
import { cacheIdentity, findInCache } from './step-cache.ts';
import type { StepRequest } from './step-request.ts';
import type { ErrorRecord, StepResult } from './step-result.ts';

/** Waits and limits of a driver, in milliseconds. */
export interface DriveTiming {
  /** How long a lease lasts after it was renewed. */
  readonly leaseTtlMs: number;
  /** How often the lease is renewed and requests are looked for. */
  readonly heartbeatMs: number;
  /** From a step's abort signal to force. */
  readonly stopGraceMs: number;
  /** How long an artifact store that fails is asked again for a result. */
  readonly storePatienceMs: number;
}

export const defaultDriveTiming: DriveTiming = {
  leaseTtlMs: 15_000,
  heartbeatMs: 500,
  stopGraceMs: 10_000,
  storePatienceMs: 300_000,
};

export interface DriveOptions {
  readonly run: NewRun;
  readonly lease: Lease;
  readonly metadataStore: MetadataStore;
  /** Its `storeId()`. */
  readonly metadataStoreId: string;
  readonly artifactStore: ArtifactStore;
  /** Owned by the caller, who closes them when this has settled. */
  readonly launchers: { readonly orchestrator: Launcher; readonly 'step-operator'?: Launcher };
  /** Of a run that goes on. Absent: nothing of it was started. */
  readonly restored?: RestoredRun;
  /** Where the values of environment variables come from that steps and components name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onEvent?: (event: RunEvent) => void;
  readonly signal?: AbortSignal;
  readonly timing?: Partial<DriveTiming>;
}

/** Something to launch as soon as its launcher has room. */
interface Launch {
  readonly node: StepNode;
  readonly role: StepRequest['role'];
  readonly reason?: string;
  readonly identity?: CacheIdentity;
  /** What a hook is told. */
  readonly failure?: string;
}

/** One attempt, or one hook, that was launched. */
interface Execution extends Launch {
  readonly attempt: number;
  readonly outputPrefix: string;
  readonly pool: LaunchPool;
  readonly launchedAt: string;
  handle?: LaunchHandle;
  /** It was asked to stop: how it ends is no failure of its own. */
  stopping: boolean;
}

/** An attempt that has failed, before the next. */
interface Backoff {
  readonly timer: NodeJS.Timeout;
  readonly error: ErrorRecord;
  readonly execution: Execution;
}

/** How many nodes of one launcher are looked up in the cache, or wait with their answer, ahead of a free place. */
const lookAhead = 32;

/**
 * Runs the nodes of a plan until none can run any more, and records everything. The only writer of the run while it holds the
 * lease. A run that fails is an outcome; the promise is rejected where the run could not be driven on: with `LeaseLostError`
 * when another driver has it, else with what the metadata store says. Nothing is changed any more then.
 *
 * Nothing is told before it is durable. Results are not trusted: what a step says of itself is parsed and compared with what it
 * was asked.
 */
export async function driveRun(options: DriveOptions): Promise<RunOutcome> {
  return await new RunDriver(options).drive();
}

class RunDriver {
  readonly #options: DriveOptions;
  readonly #timing: DriveTiming;
  readonly #failureMode: FailureMode;
  readonly #schedule: RunSchedule;
  readonly #recorder: RunRecorder;
  readonly #pools = new Map<LauncherRole, LaunchPool>();
  readonly #waiting: Record<LauncherRole, Launch[]> = { orchestrator: [], 'step-operator': [] };
  readonly #outputs = new NodeOutputs();
  readonly #attempts: Map<string, number>;
  /** Failed attempts since this driver began: a run that goes on has all its attempts again. */
  readonly #failures = new Map<string, number>();
  readonly #executions = new Map<string, Execution>();
  readonly #backoffs = new Map<string, Backoff>();
  readonly #lookups: Record<LauncherRole, number> = { orchestrator: 0, 'step-operator': 0 };
  readonly #abandoned = new AbortController();
  readonly #startedAt = Date.now();
  /** Executions whose result is being read from the artifact store. */
  #reads = 0;
  /** Things that happened, to be handled in the loop. */
  #inbox: (() => void)[] = [];
  #wake: (() => void) | undefined;
  /** What must not be done before the lease was renewed. */
  #guarded: (() => void)[] = [];
  #halted: 'failure' | 'cancelled' | undefined;
  #firstError: ErrorRecord | undefined;
  #outcome: RunOutcome | undefined;

  constructor(options: DriveOptions) {
    const { run, lease, metadataStore, launchers, restored, onEvent = () => {} } = options;
    this.#options = options;
    this.#timing = { ...defaultDriveTiming, ...options.timing };
    this.#failureMode = run.plan.failureMode;
    this.#schedule = restored?.schedule ?? new RunSchedule(run.plan);
    this.#attempts = new Map(restored?.attempts);
    this.#recorder = new RunRecorder({ metadataStore, lease, ttlMs: this.#timing.leaseTtlMs, onEvent });
    for (const role of ['orchestrator', 'step-operator'] as const) {
      const launcher = launchers[role];
      if (launcher !== undefined) this.#pools.set(role, new LaunchPool(launcher));
    }
    const homeless = run.plan.nodes.find((node) => !this.#pools.has(launcherOf(node)));
    if (homeless !== undefined) throw new StepOperatorMissingError(homeless.id, run.stack.name);
    for (const [nodeId, outputs] of restored?.outputs ?? []) this.#remember(nodeId, outputs);
  }

  async drive(): Promise<RunOutcome> {
    const { run, signal, restored } = this.#options;
    this.#tell({
      kind: 'run-started',
      runId: run.id,
      name: run.name,
      pipeline: run.plan.pipeline,
      stack: run.stack.name,
      nodes: run.plan.nodes.length,
      resumed: restored !== undefined,
    });
    const cancel = () => this.#post(() => this.#halt('cancelled'));
    const heartbeat = setInterval(() => void this.#beat(), this.#timing.heartbeatMs);
    try {
      for (const pool of this.#pools.values()) this.#listen(pool);
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
      if (restored !== undefined) await this.#takeOver(restored);
      return await this.#loop();
    } finally {
      clearInterval(heartbeat);
      signal?.removeEventListener('abort', cancel);
      for (const { timer } of this.#backoffs.values()) clearTimeout(timer);
      this.#abandoned.abort();
    }
  }

  async #loop(): Promise<RunOutcome> {
    for (let gathered = false; ; ) {
      this.#handleInbox();
      this.#fillPools();
      if (this.#outcome === undefined && this.#isOver()) this.#end();
      if (!gathered && !this.#recorder.isEmpty) {
        // What happens in the same turn, and what the cache answers at once, goes into the same transaction.
        gathered = true;
        await nextTurn();
      } else if (!this.#recorder.isEmpty || this.#guarded.length > 0) {
        gathered = false;
        await this.#commit();
      } else if (this.#outcome !== undefined) return this.#outcome;
      else if (this.#inbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #post(happening: () => void): void {
    this.#inbox.push(happening);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** What throws here ends the driver. */
  #handleInbox(): void {
    const inbox = this.#inbox;
    this.#inbox = [];
    for (const happening of inbox) happening();
  }

  #fatal(error: unknown): void {
    this.#post(() => {
      throw error;
    });
  }

  async #commit(): Promise<void> {
    const guarded = this.#guarded;
    this.#guarded = [];
    if (this.#recorder.isEmpty) this.#consume(await this.#recorder.renew());
    else await this.#recorder.flush();
    for (const action of guarded) action();
  }

  async #beat(): Promise<void> {
    try {
      this.#consume(await this.#recorder.renew());
    } catch (error) {
      // The end of the run gave the lease back.
      if (this.#outcome !== undefined) return;
      const isLost = MlstackError.is(error) && error.code === 'LEASE_LOST';
      if (isLost || Date.now() - this.#recorder.renewedAt > this.#timing.leaseTtlMs) this.#fatal(error);
    }
  }

  #consume(requests: readonly 'stop'[]): void {
    if (requests.includes('stop')) this.#post(() => this.#halt('cancelled'));
  }

  #listen(pool: LaunchPool): void {
    pool.forward((event) => this.#post(() => this.#onLaunchEvent(event))).catch((error: unknown) => this.#fatal(error));
  }

  #tell(event: RunEvent): void {
    this.#options.onEvent?.(event);
  }

  /** Fills what has room with what is ready. */
  #fillPools(): void {
    for (const [role, pool] of this.#pools) {
      const waiting = this.#waiting[role];
      while (this.#halted === undefined && this.#lookups[role] + waiting.length < lookAhead) {
        const node = this.#schedule.takeReady(role);
        if (node === undefined) break;
        this.#prepare(node);
      }
      while (pool.isFree) {
        const launch = waiting.shift();
        if (launch === undefined) break;
        this.#start(launch, pool);
      }
    }
  }

  #prepare(node: StepNode): void {
    const { metadataStore, artifactStore } = this.#options;
    const role = launcherOf(node);
    const identity = cacheIdentity(node, this.#outputs.inputsOf(node));
    if ('uncached' in identity) {
      this.#wait({ node, role: 'step', reason: identity.uncached });
      return;
    }
    if (node.settings.cache === false) {
      this.#wait({ node, role: 'step', identity, reason: 'the cache is off for it' });
      return;
    }
    this.#lookups[role]++;
    findInCache(identity, node, metadataStore, artifactStore)
      .catch((error: unknown) => ({ miss: `the cache could not be asked: ${toErrorRecord(error).message}` }))
      .then((lookup) =>
        this.#post(() => {
          this.#lookups[role]--;
          if (this.#halted !== undefined) return;
          if ('hit' in lookup) this.#takeFromCache(node, identity, lookup.hit, lookup.outputs);
          else this.#wait({ node, role: 'step', identity, reason: lookup.miss });
        }),
      );
  }

  #takeFromCache(
    node: StepNode,
    { key, parts }: CacheIdentity,
    from: { readonly runId: string; readonly nodeId: string },
    outputs: RecordedOutputs,
  ): void {
    const reason = `same code, parameters and inputs as in run ${from.runId}`;
    this.#recorder.add(
      {
        kind: 'node-cached',
        nodeId: node.id,
        inputs: idsOf(this.#outputs.inputsOf(node)),
        cacheKey: key,
        cacheParts: parts,
        from: { runId: from.runId, nodeId: from.nodeId },
        reason,
      },
      { kind: 'node-ended', nodeId: node.id, state: 'cached', previews: previewsOf(outputs), reason },
    );
    this.#schedule.set(node.id, 'cached');
    this.#settled(node, outputs);
  }

  #wait(launch: Launch): void {
    this.#waiting[launcherOf(launch.node)].push(launch);
  }

  #start(launch: Launch, pool: LaunchPool): void {
    const { node, role, identity, reason } = launch;
    const attempt = (this.#attempts.get(node.id) ?? 0) + (role === 'step' ? 1 : 0);
    const execution = this.#execution(launch, pool, attempt);
    this.#track(execution);
    const begin = () => void this.#launch(execution);
    if (role !== 'step') {
      this.#guarded.push(begin);
      return;
    }
    this.#attempts.set(node.id, attempt);
    this.#schedule.set(node.id, 'running');
    const why = reason === undefined ? {} : { reason };
    this.#recorder.add(
      {
        kind: 'node-started',
        nodeId: node.id,
        attempt,
        inputs: idsOf(this.#outputs.inputsOf(node)),
        ...(identity === undefined ? {} : { cacheKey: identity.key, cacheParts: identity.parts }),
        ...why,
      },
      { kind: 'node-started', nodeId: node.id, attempt, ...why },
      begin,
    );
  }

  #execution(launch: Launch, pool: LaunchPool, attempt: number): Execution {
    const { lease, metadataStoreId } = this.#options;
    const prefix = outputPrefix(metadataStoreId, {
      runId: lease.runId,
      nodeId: launch.node.id,
      attempt,
      role: launch.role,
    });
    return { ...launch, attempt, outputPrefix: prefix, pool, launchedAt: new Date().toISOString(), stopping: false };
  }

  #track(execution: Execution): void {
    this.#executions.set(executionKey(execution.node.id, execution), execution);
    execution.pool.busy++;
  }

  async #launch(execution: Execution): Promise<void> {
    const { run, lease, environment } = this.#options;
    if (execution.stopping) {
      this.#post(() => this.#untrack(execution) && this.#settle(execution, { kind: 'stopped' }));
      return;
    }
    try {
      const { request, credentials } = createStepRequest({
        run,
        lease,
        environment,
        ...execution,
        inputs: this.#outputs.inputsOf(execution.node),
      });
      execution.handle = await execution.pool.launcher.launch(request, credentials);
    } catch (error) {
      this.#post(() => {
        if (!this.#untrack(execution)) return;
        const cause = { kind: 'lost', reason: toErrorRecord(error).message } as const;
        this.#settle(execution, cause, undefined, toErrorRecord(error));
      });
      return;
    }
    if (execution.stopping) this.#post(() => this.#stop(execution));
  }

  #untrack(execution: Execution): boolean {
    const isKnown = this.#executions.delete(executionKey(execution.node.id, execution));
    if (isKnown) execution.pool.busy--;
    return isKnown;
  }

  #onLaunchEvent(event: LaunchEvent): void {
    const { nodeId, attempt } = event.handle;
    const execution = this.#executions.get(executionKey(nodeId, event.handle));
    if (execution === undefined) return;
    if (event.kind === 'waiting') this.#tell({ kind: 'node-waiting', nodeId, attempt, reason: event.reason });
    if (event.kind !== 'ended') return;
    this.#untrack(execution);
    const { cause, result, logChunks } = event;
    if (result !== undefined) this.#settleWith(execution, cause, result);
    else if (cause.kind === 'refused' || cause.kind === 'not-started') this.#settle(execution, cause);
    else this.#readResult(execution, cause, logChunks);
  }

  #readResult(execution: Execution, cause: EndCause, logChunks?: number): void {
    this.#reads++;
    this.#fetchResult(execution).then(
      (bytes) =>
        this.#post(() => {
          this.#reads--;
          if (bytes === undefined) this.#settle(execution, cause, undefined, undefined, logChunks);
          else this.#settleWith(execution, cause, bytes);
        }),
      (error: unknown) =>
        this.#post(() => {
          this.#reads--;
          this.#settle(execution, cause, undefined, toErrorRecord(error), logChunks);
        }),
    );
  }

  #fetchResult(execution: Execution): Promise<Uint8Array | undefined> {
    return readStepResult(this.#options.artifactStore, execution.outputPrefix, {
      signal: this.#abandoned.signal,
      patienceMs: this.#timing.storePatienceMs,
      onTrouble: (error) =>
        this.#tell({ kind: 'notice', message: `Waiting for the artifact store: ${toErrorRecord(error).message}` }),
    });
  }

  #settleWith(execution: Execution, cause: EndCause, source: unknown): void {
    const { runId } = this.#options.lease;
    let result: StepResult;
    try {
      result = parseStepResult(source, { ...execution, runId, nodeId: execution.node.id });
    } catch (error) {
      this.#settle(execution, cause, undefined, toErrorRecord(error));
      return;
    }
    this.#settle(execution, cause, result);
  }

  /** @param error why there is no result, where it is more than the cause says. */
  #settle(execution: Execution, cause: EndCause, result?: StepResult, error?: ErrorRecord, logChunks?: number): void {
    this.#record(execution, cause, result, error, logChunks);
    const { handle, pool } = execution;
    if (handle !== undefined) this.#guarded.push(() => pool.launcher.release?.(handle));
  }

  #record(execution: Execution, cause: EndCause, result?: StepResult, error?: ErrorRecord, logChunks?: number): void {
    const { node, role, stopping } = execution;
    const why = result?.outcome === 'succeeded' ? undefined : failureOf(node.step, cause, result, error);
    if (role !== 'step') {
      const outcome = why === undefined ? 'succeeded' : stopping ? 'cancelled' : 'failed';
      const hook = { role, outcome, ...(outcome === 'failed' && why !== undefined ? { error: why } : {}) } as const;
      this.#recorder.add({ kind: 'hook-ended', nodeId: node.id, hook });
      return;
    }
    if (why === undefined && result !== undefined) this.#succeed(execution, result);
    else if (stopping) this.#finish(execution, 'cancelled', { result, logChunks });
    else if (why !== undefined) this.#failAttempt(execution, cause, why, { result, logChunks });
  }

  #succeed(execution: Execution, result: StepResult): void {
    const { node } = execution;
    const storeId = this.#options.artifactStore.id;
    const outputs = Object.fromEntries(
      Object.entries(result.outputs).map(([name, stored]) => [name, { ...stored, id: createId(), storeId }]),
    );
    this.#finish(execution, 'succeeded', { result, outputs });
    this.#settled(node, outputs);
    if (node.hooks.includes('onSuccess') && this.#halted !== 'cancelled') this.#wait({ node, role: 'onSuccess' });
  }

  #failAttempt(
    execution: Execution,
    cause: EndCause,
    error: ErrorRecord,
    end: Pick<NodeEnd, 'result' | 'logChunks'>,
  ): void {
    const { node, attempt } = execution;
    const failures = (this.#failures.get(node.id) ?? 0) + 1;
    this.#failures.set(node.id, failures);
    const { retry } = node.settings;
    const mayTryAgain = this.#halted === undefined && cause.kind !== 'refused';
    if (retry === undefined || failures >= retry.attempts || !mayTryAgain) {
      this.#fail(execution, error, end);
      return;
    }
    const nextInMs = retryDelayMs(retry, failures);
    this.#recorder.add(
      { kind: 'attempt-failed', nodeId: node.id, attempt, error },
      { kind: 'attempt-failed', nodeId: node.id, attempt, error, cause, nextInMs },
    );
    const again = () => {
      this.#backoffs.delete(node.id);
      const { identity } = execution;
      const reason = `attempt ${attempt} failed`;
      this.#wait({ node, role: 'step', reason, ...(identity === undefined ? {} : { identity }) });
    };
    const timer = setTimeout(() => this.#post(() => this.#backoffs.has(node.id) && again()), nextInMs);
    this.#backoffs.set(node.id, { timer, error, execution });
  }

  #fail(execution: Execution, error: ErrorRecord, end: Pick<NodeEnd, 'result' | 'logChunks'>): void {
    const { node } = execution;
    this.#firstError ??= error;
    this.#finish(execution, 'failed', { ...end, error });
    if (node.hooks.includes('onFailure') && this.#halted !== 'cancelled') {
      this.#wait({ node, role: 'onFailure', failure: error.message });
    }
    if (this.#failureMode !== 'continue') this.#halt('failure');
    else this.#skip(this.#schedule.skipDependents(node.id), `"${node.id}" failed`);
  }

  #finish(execution: Execution, state: 'succeeded' | 'failed' | 'cancelled', end: NodeEnd): void {
    const { node, attempt, launchedAt } = execution;
    const { result, outputs = {}, error } = end;
    const startedAt = result?.startedAt ?? launchedAt;
    const endedAt = result?.endedAt ?? new Date().toISOString();
    const logChunks = result?.logChunks ?? end.logChunks;
    const durationMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
    const withError = error === undefined ? {} : { error };
    this.#recorder.add(
      {
        kind: 'node-ended',
        nodeId: node.id,
        attempt,
        state,
        outputs,
        ...withError,
        startedAt,
        endedAt,
        ...(result?.cpuMs === undefined ? {} : { cpuMs: result.cpuMs }),
        ...(result?.peakMemoryBytes === undefined ? {} : { peakMemoryBytes: result.peakMemoryBytes }),
        ...(result === undefined ? {} : { metadata: result.metadata }),
        ...(logChunks === undefined ? {} : { logChunks }),
      },
      {
        kind: 'node-ended',
        nodeId: node.id,
        state,
        durationMs,
        ...withError,
        ...(state === 'succeeded' ? { previews: previewsOf(outputs) } : {}),
      },
    );
    this.#schedule.set(node.id, state);
  }

  #settled(node: StepNode, outputs: RecordedOutputs): void {
    this.#remember(node.id, outputs);
    // Its own hook is told what it read.
    if (node.hooks.length === 0) this.#release(node);
  }

  #remember(nodeId: string, outputs: RecordedOutputs): void {
    this.#outputs.add(nodeId, outputs, this.#schedule.dependents(nodeId));
  }

  #release(node: StepNode): void {
    for (const dependency of dependenciesOf(node)) this.#outputs.release(dependency);
  }

  #skip(nodeIds: readonly string[], reason: string): void {
    for (const nodeId of nodeIds) {
      this.#recorder.add(
        { kind: 'node-skipped', nodeId, reason },
        { kind: 'node-ended', nodeId, state: 'skipped', reason },
      );
    }
  }

  /** Nothing new is launched any more, but for hooks of what has failed. */
  #halt(why: 'failure' | 'cancelled'): void {
    if (this.#halted === 'cancelled' || this.#halted === why || this.#outcome !== undefined) return;
    this.#halted = why;
    for (const waiting of Object.values(this.#waiting)) {
      for (const launch of waiting.splice(0)) {
        if (launch.role !== 'step' && why === 'failure') waiting.push(launch);
        else if (launch.role === 'step') this.#giveUp(launch);
      }
    }
    for (const [nodeId, { timer, error, execution }] of this.#backoffs) {
      clearTimeout(timer);
      this.#backoffs.delete(nodeId);
      if (why === 'failure') this.#fail(execution, error, {});
      else this.#finish(execution, 'cancelled', { error });
    }
    if (why === 'failure' && this.#failureMode === 'finish-running') return;
    for (const execution of this.#executions.values()) {
      if (why === 'cancelled' || execution.role === 'step') this.#stop(execution);
    }
  }

  /** A node that waited for another attempt is over; one that waited for its first stays pending and is skipped in the end. */
  #giveUp(launch: Launch): void {
    const attempt = this.#attempts.get(launch.node.id);
    const pool = this.#pools.get(launcherOf(launch.node));
    if (this.#schedule.state(launch.node.id) !== 'running' || attempt === undefined || pool === undefined) return;
    this.#finish(this.#execution(launch, pool, attempt), 'cancelled', {});
  }

  #stop(execution: Execution): void {
    execution.stopping = true;
    this.#guarded.push(() => {
      const { handle, pool } = execution;
      if (handle === undefined) return;
      pool.launcher.stop(handle, this.#timing.stopGraceMs).catch((error: unknown) => {
        this.#tell({
          kind: 'notice',
          message: `Step "${execution.node.id}" could not be stopped: ${toErrorRecord(error).message}`,
        });
      });
    });
  }

  #isOver(): boolean {
    return (
      this.#executions.size === 0 &&
      this.#reads === 0 &&
      this.#backoffs.size === 0 &&
      Object.values(this.#lookups).every((count) => count === 0) &&
      Object.values(this.#waiting).every((waiting) => waiting.length === 0)
    );
  }

  #end(): void {
    const { run } = this.#options;
    const reason = this.#halted === 'cancelled' ? 'the run was cancelled' : 'the run stopped after a failure';
    this.#skip(this.#schedule.skipPending(), reason);
    const unfinished = this.#schedule.count('skipped') + this.#schedule.count('cancelled');
    const hasFailed = this.#schedule.count('failed') > 0;
    const state =
      this.#halted === 'cancelled' && unfinished + this.#schedule.count('failed') > 0
        ? 'cancelled'
        : hasFailed
          ? 'failed'
          : 'completed';
    const error = state === 'failed' && this.#firstError !== undefined ? { error: this.#firstError } : {};
    const durationMs = Date.now() - this.#startedAt;
    this.#recorder.add(
      { kind: 'run-state', state, ...error },
      { kind: 'run-ended', runId: run.id, state, durationMs, ...error },
    );
    this.#outcome = {
      runId: run.id,
      name: run.name,
      pipeline: run.plan.pipeline,
      stack: run.stack.name,
      state,
      durationMs,
      counts: this.#schedule.counts,
      ...error,
    };
  }

  /** Adopts what still runs, reads results that are there, and only then lets the rest start again. */
  async #takeOver(restored: RestoredRun): Promise<void> {
    for (const nodeId of restored.reset) this.#recorder.add({ kind: 'node-reset', nodeId });
    this.#recorder.add({ kind: 'run-state', state: 'running' });
    await this.#recorder.flush();
    const due = new Map<string, Launch & { readonly attempt: number }>();
    const expect = (launch: Launch) => {
      const attempt = this.#attempts.get(launch.node.id) ?? 1;
      due.set(executionKey(launch.node.id, { attempt, role: launch.role }), { ...launch, attempt });
    };
    for (const nodeId of restored.interrupted) {
      expect({ node: this.#schedule.node(nodeId), role: 'step', reason: 'its driver ended before it did' });
    }
    for (const { nodeId, role } of restored.dueHooks) expect({ node: this.#schedule.node(nodeId), role });
    for (const pool of this.#pools.values()) {
      for (const handle of await pool.launcher.adopt(this.#options.lease.runId)) {
        const key = executionKey(handle.nodeId, handle);
        const launch = due.get(key);
        due.delete(key);
        if (launch === undefined) this.#guarded.push(() => void pool.launcher.stop(handle, 0).catch(() => {}));
        else this.#track({ ...this.#execution(launch, pool, launch.attempt), handle });
      }
    }
    for (const { attempt, ...launch } of due.values()) this.#resolveInterrupted(launch, attempt);
  }

  #resolveInterrupted(launch: Launch, attempt: number): void {
    const pool = this.#pools.get(launcherOf(launch.node));
    if (pool === undefined) return;
    const execution = this.#execution(launch, pool, attempt);
    this.#reads++;
    this.#fetchResult(execution).then(
      (bytes) =>
        this.#post(() => {
          this.#reads--;
          if (bytes !== undefined) this.#settleWith(execution, { kind: 'completed' }, bytes);
          else if (this.#halted === undefined) this.#wait(launch);
          else if (launch.role === 'step') this.#giveUp(launch);
        }),
      (error: unknown) =>
        this.#post(() => {
          this.#reads--;
          const problem = toErrorRecord(error);
          this.#settle(execution, { kind: 'lost', reason: problem.message }, undefined, problem);
        }),
    );
  }
}

interface NodeEnd {
  readonly result?: StepResult | undefined;
  readonly outputs?: RecordedOutputs;
  readonly error?: ErrorRecord;
  readonly logChunks?: number | undefined;
}

function executionKey(nodeId: string, { attempt, role }: { readonly attempt: number; readonly role: string }): string {
  return `${nodeId} ${attempt} ${role}`;
}

function idsOf(outputs: RecordedOutputs): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { id }]) => [name, id]));
}

function previewsOf(outputs: RecordedOutputs): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).map(([name, { preview }]) => [name, preview]));
}

/** What the platform saw comes first: a step that was ended for its memory may have said something else before. */
function failureOf(
  step: string,
  cause: EndCause,
  result: StepResult | undefined,
  error: ErrorRecord | undefined,
): ErrorRecord {
  if (error !== undefined) return error;
  const said = result?.error;
  if (cause.kind === 'completed') return said ?? describeEndCause(step, cause);
  return { ...describeEndCause(step, cause), ...(said === undefined ? {} : { cause: said }) };
}
