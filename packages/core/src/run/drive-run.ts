import { StepOperatorMissingError } from '../errors/run-errors.ts';
import type { StepNode } from '../pipeline/plan.ts';
import { createId } from './create-id.ts';
import { DamageNotes } from './damage-notes.ts';
import type { DriveOptions, DriveTiming } from './drive-options.ts';
import { defaultDriveTiming } from './drive-options.ts';
import { DriverLoop } from './driver-loop.ts';
import { LaunchPool } from './launch-pool.ts';
import type { Launcher, LaunchHandle } from './launcher.ts';
import { describeNodeEnd, failureOf } from './node-end.ts';
import type { RecordedOutputs } from './node-outputs.ts';
import { idsOf, NodeOutputs } from './node-outputs.ts';
import { NodePreparations } from './node-preparations.ts';
import type { RestoredRun } from './restore-run.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { RunOutcome } from './run-outcome.ts';
import { decideRunState, readDuration } from './run-outcome.ts';
import { RunRecorder } from './run-recorder.ts';
import type { LauncherRole } from './run-schedule.ts';
import { dependenciesOf, launcherOf, RunSchedule } from './run-schedule.ts';
import { cacheIdentity } from './step-cache.ts';
import type { Execution, ExecutionEnd, Launch } from './step-executions.ts';
import { keyOf, StepExecutions } from './step-executions.ts';
import type { ErrorRecord, StepResult } from './step-result.ts';

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
  readonly #schedule: RunSchedule;
  readonly #recorder: RunRecorder;
  readonly #loop: DriverLoop;
  readonly #pools = new Map<LauncherRole, LaunchPool>();
  readonly #waiting: Record<LauncherRole, Launch[]> = { orchestrator: [], 'step-operator': [] };
  readonly #outputs = new NodeOutputs();
  readonly #attempts: Map<string, number>;
  /** Failed attempts since this driver began: a run that goes on has all its attempts again. */
  readonly #failures = new Map<string, number>();
  readonly #executions: StepExecutions;
  readonly #damage: DamageNotes;
  readonly #preparations: NodePreparations;
  readonly #backoffs = new Map<string, Backoff>();
  readonly #startedAt = Date.now();
  #halted: 'failure' | 'cancelled' | undefined;
  #firstError: ErrorRecord | undefined;
  #outcome: Omit<RunOutcome, 'durationMs'> | undefined;

  constructor(options: DriveOptions) {
    const { run, lease, metadataStore, launchers, restored, onEvent = () => {} } = options;
    this.#options = options;
    this.#timing = { ...defaultDriveTiming, ...options.timing };
    this.#schedule = restored?.schedule ?? new RunSchedule(run.plan);
    this.#attempts = new Map(restored?.attempts);
    this.#recorder = new RunRecorder({ metadataStore, lease, ttlMs: this.#timing.leaseTtlMs, onEvent });
    this.#loop = new DriverLoop({
      recorder: this.#recorder,
      timing: this.#timing,
      onStopRequest: () => this.#halt('cancelled'),
      expectsMore: () => this.#executions.count > 1 || !this.#preparations.isIdle,
    });
    const post = (happening: () => void) => this.#loop.post(happening);
    this.#executions = new StepExecutions({
      ...options,
      timing: this.#timing,
      tell: onEvent,
      post,
      guard: (action) => this.#loop.guard(action),
      onEnd: (execution, end) => this.#settle(execution, end),
    });
    this.#damage = new DamageNotes({ ...options, recorder: this.#recorder, post });
    this.#preparations = new NodePreparations({
      ...options,
      schedule: this.#schedule,
      outputs: this.#outputs,
      recorder: this.#recorder,
      post,
      isHalted: () => this.#halted !== undefined,
      wait: (launch) => this.#wait(launch),
      onCached: (node, outputs) => this.#settled(node, outputs),
    });
    for (const role of ['orchestrator', 'step-operator'] as const) {
      const launcher = launchers[role];
      if (launcher !== undefined) this.#pools.set(role, new LaunchPool(launcher));
    }
    const homeless = run.plan.nodes.find((node) => !this.#pools.has(launcherOf(node)));
    if (homeless !== undefined) throw new StepOperatorMissingError(homeless.id, run.stack.name);
    for (const [nodeId, outputs] of restored?.outputs ?? []) this.#remember(nodeId, outputs);
  }

  async drive(): Promise<RunOutcome> {
    const { run, signal, restored, onEvent } = this.#options;
    onEvent?.({
      kind: 'run-started',
      runId: run.id,
      name: run.name,
      pipeline: run.plan.pipeline,
      stack: run.stack.name,
      nodes: run.plan.nodes.length,
      resumed: restored !== undefined,
    });
    const cancel = () => this.#loop.post(() => this.#halt('cancelled'));
    try {
      for (const pool of this.#pools.values()) {
        pool
          .forward((event) => this.#loop.post(() => this.#executions.handle(event)))
          .catch((error: unknown) => this.#loop.fail(error));
      }
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
      await this.#loop.run(
        async () => restored && this.#takeOver(restored),
        () => this.#act(),
      );
      if (this.#outcome === undefined) throw new TypeError('The driver has ended before its run.');
      const durationMs = await readDuration(this.#options.metadataStore, run.id);
      return { ...this.#outcome, durationMs: durationMs ?? Date.now() - this.#startedAt };
    } finally {
      signal?.removeEventListener('abort', cancel);
      for (const { timer } of this.#backoffs.values()) clearTimeout(timer);
      this.#executions.abandon();
    }
  }

  #act(): boolean {
    this.#fillPools();
    if (this.#outcome === undefined && this.#isOver()) this.#end();
    return this.#outcome !== undefined;
  }

  /** Fills what has room with what is ready. */
  #fillPools(): void {
    for (const [role, pool] of this.#pools) {
      const waiting = this.#waiting[role];
      while (this.#halted === undefined && this.#preparations.underWay(role) + waiting.length < lookAhead) {
        const node = this.#schedule.takeReady(role);
        if (node === undefined) break;
        this.#preparations.prepare(node);
      }
      while (pool.isFree) {
        const launch = waiting.shift();
        if (launch === undefined) break;
        this.#start(launch, pool);
      }
    }
  }

  #wait(launch: Launch): void {
    this.#waiting[launcherOf(launch.node)].push(launch);
  }

  #start(launch: Launch, pool: LaunchPool): void {
    const { node, role, reason } = launch;
    const inputs = this.#outputs.inputsOf(node);
    const attempt = (this.#attempts.get(node.id) ?? 0) + (role === 'step' ? 1 : 0);
    const execution = this.#executions.describe(launch, pool, attempt);
    this.#executions.add(execution);
    const begin = () => void this.#executions.launch(execution, inputs);
    if (role !== 'step') {
      this.#loop.guard(begin);
      return;
    }
    this.#attempts.set(node.id, attempt);
    this.#schedule.set(node.id, 'running');
    const { identity = cacheIdentity(node, inputs) } = launch;
    const why = reason === undefined ? {} : { reason };
    this.#recorder.add(
      {
        kind: 'node-started',
        nodeId: node.id,
        attempt,
        inputs: idsOf(inputs),
        ...('uncached' in identity ? {} : { cacheKey: identity.key, cacheParts: identity.parts }),
        ...why,
      },
      { kind: 'node-started', nodeId: node.id, attempt, ...why },
      { early: pool.launcher.isOnThisMachine === true, act: begin },
    );
  }

  #settle(execution: Execution, end: ExecutionEnd): void {
    const { node, role, stopping, handle, pool } = execution;
    const failure = failureOf(execution, end);
    if (failure !== undefined) this.#damage.examine(node, this.#outputs.inputsOf(node), failure);
    if (role !== 'step') {
      const outcome = failure === undefined ? 'succeeded' : stopping ? 'cancelled' : 'failed';
      const failed = outcome === 'failed' && failure !== undefined ? { error: failure } : undefined;
      const logged = end.result === undefined ? {} : { logChunks: end.result.logChunks };
      this.#recorder.add(
        { kind: 'hook-ended', nodeId: node.id, hook: { role, outcome, ...failed, ...logged } },
        failed && { kind: 'hook-failed', nodeId: node.id, role, ...failed },
      );
    } else if (failure === undefined && end.result !== undefined) this.#succeed(execution, end.result);
    else if (stopping) this.#finish(execution, 'cancelled', end);
    else if (failure !== undefined) this.#failAttempt(execution, end, failure);
    if (handle !== undefined) this.#loop.guard(() => pool.launcher.release?.(handle));
  }

  #succeed(execution: Execution, result: StepResult): void {
    const { node } = execution;
    const storeId = this.#options.artifactStore.id;
    const outputs = Object.fromEntries(
      Object.entries(result.outputs).map(([name, stored]) => [name, { ...stored, id: createId(), storeId }]),
    );
    this.#finish(execution, 'succeeded', { result }, { outputs });
    this.#settled(node, outputs);
    if (node.hooks.includes('onSuccess') && this.#halted !== 'cancelled') this.#wait({ node, role: 'onSuccess' });
  }

  #failAttempt(execution: Execution, end: ExecutionEnd, error: ErrorRecord): void {
    const { node, attempt } = execution;
    const { cause } = end;
    const failures = (this.#failures.get(node.id) ?? 0) + 1;
    this.#failures.set(node.id, failures);
    const { retry } = node.settings;
    const mayTryAgain = this.#halted === undefined && cause.kind !== 'refused';
    if (retry === undefined || failures >= retry.attempts || !mayTryAgain) {
      this.#fail(execution, end, error);
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
    const timer = setTimeout(() => this.#loop.post(() => this.#backoffs.has(node.id) && again()), nextInMs);
    this.#backoffs.set(node.id, { timer, error, execution });
  }

  #fail(execution: Execution, end: Partial<ExecutionEnd>, error: ErrorRecord): void {
    const { node } = execution;
    this.#firstError ??= error;
    this.#finish(execution, 'failed', end, { error });
    if (node.hooks.includes('onFailure') && this.#halted !== 'cancelled') {
      this.#wait({ node, role: 'onFailure', failure: error.message });
    }
    if (this.#options.run.plan.failureMode !== 'continue') this.#halt('failure');
    else this.#skip(this.#schedule.skipDependents(node.id), `"${node.id}" failed`);
  }

  #finish(
    execution: Execution,
    state: 'succeeded' | 'failed' | 'cancelled',
    end: Partial<ExecutionEnd>,
    what: { readonly outputs?: RecordedOutputs; readonly error?: ErrorRecord } = {},
  ): void {
    const { change, event } = describeNodeEnd(execution, state, end, what);
    this.#recorder.add(change, event);
    this.#schedule.set(execution.node.id, state);
  }

  #settled(node: StepNode, outputs: RecordedOutputs): void {
    this.#remember(node.id, outputs);
    // Its own hook is told what it read.
    if (node.hooks.length > 0) return;
    for (const dependency of dependenciesOf(node)) this.#outputs.release(dependency);
  }

  #remember(nodeId: string, outputs: RecordedOutputs): void {
    this.#outputs.add(nodeId, outputs, this.#schedule.dependents(nodeId));
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
      if (why === 'failure') this.#fail(execution, {}, error);
      else this.#finish(execution, 'cancelled', {}, { error });
    }
    if (why === 'failure' && this.#options.run.plan.failureMode === 'finish-running') return;
    this.#executions.stop(({ role }) => why === 'cancelled' || role === 'step');
  }

  /** A node that waited for another attempt is over; one that waited for its first stays pending and is skipped in the end. */
  #giveUp(launch: Launch): void {
    const attempt = this.#attempts.get(launch.node.id);
    const pool = this.#pools.get(launcherOf(launch.node));
    if (this.#schedule.state(launch.node.id) !== 'running' || attempt === undefined || pool === undefined) return;
    this.#finish(this.#executions.describe(launch, pool, attempt), 'cancelled', {});
  }

  #isOver(): boolean {
    return (
      this.#executions.isIdle &&
      this.#damage.isIdle &&
      this.#backoffs.size === 0 &&
      this.#preparations.isIdle &&
      Object.values(this.#waiting).every((waiting) => waiting.length === 0)
    );
  }

  #end(): void {
    const { run, onSettled } = this.#options;
    onSettled?.();
    const reason = this.#halted === 'cancelled' ? 'the run was cancelled' : 'the run stopped after a failure';
    this.#skip(this.#schedule.skipPending(), reason);
    const state = decideRunState(this.#schedule, this.#halted === 'cancelled');
    const error = state === 'failed' && this.#firstError !== undefined ? { error: this.#firstError } : {};
    this.#recorder.add({ kind: 'run-state', state, ...error }, { kind: 'run-ended', runId: run.id, state, ...error });
    const { id, name, plan, stack } = run;
    const counts = this.#schedule.counts;
    this.#outcome = { id, name, pipeline: plan.pipeline, stack: stack.name, state, counts, ...error };
  }

  /** Adopts what still runs, reads results that are there, and only then lets the rest start again. */
  async #takeOver(restored: RestoredRun): Promise<void> {
    for (const nodeId of restored.reset) this.#recorder.add({ kind: 'node-reset', nodeId });
    for (const nodeId of restored.damaged) {
      this.#preparations.startOver(nodeId, 'what it had made before was damaged where it lay', {
        kind: 'notice',
        message: `Step "${nodeId}" starts over: what it made is damaged where it lies.`,
      });
    }
    this.#recorder.add({ kind: 'run-state', state: 'running' });
    await this.#recorder.flush();
    const due = new Map<string, Execution>();
    const expect = (launch: Launch) => {
      const pool = this.#pools.get(launcherOf(launch.node));
      const attempt = this.#attempts.get(launch.node.id);
      if (pool === undefined || attempt === undefined) return;
      const execution = this.#executions.describe(launch, pool, attempt);
      due.set(keyOf(execution), execution);
    };
    for (const nodeId of restored.interrupted) {
      expect({ node: this.#schedule.node(nodeId), role: 'step', reason: 'its driver ended before it did' });
    }
    for (const { nodeId, role } of restored.dueHooks) {
      if (!restored.unconfirmed.has(nodeId)) expect({ node: this.#schedule.node(nodeId), role });
    }
    for (const { launcher } of this.#pools.values()) {
      for (const handle of await launcher.adopt(this.#options.lease.runId)) {
        const key = keyOf({ ...handle, node: { id: handle.nodeId } });
        const execution = due.get(key);
        due.delete(key);
        if (execution === undefined) this.#loop.guard(() => void discard(launcher, handle));
        else this.#executions.add(Object.assign(execution, { handle }));
      }
    }
    for (const execution of due.values()) {
      this.#executions.resolve(execution, () => {
        if (this.#halted === undefined) this.#wait(execution);
        else if (execution.role === 'step') this.#giveUp(execution);
      });
    }
  }
}

/** An execution whose end is recorded already. */
async function discard(launcher: Launcher, handle: LaunchHandle): Promise<void> {
  await launcher.stop(handle, 0).catch(() => {});
  launcher.release?.(handle);
}
