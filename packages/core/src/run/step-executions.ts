import type { StepNode } from '../pipeline/plan.ts';
import { createStepRequest } from './create-step-request.ts';
import type { DriveOptions, DriveTiming } from './drive-options.ts';
import { toErrorRecord } from './error-record.ts';
import type { LaunchPool } from './launch-pool.ts';
import type { EndCause, LaunchEvent, LaunchHandle } from './launcher.ts';
import type { RecordedOutputs } from './node-outputs.ts';
import { outputPrefix } from './output-keys.ts';
import { parseStepResult } from './parse-step-result.ts';
import { readStepResult } from './read-step-result.ts';
import type { RunEvent } from './run-events.ts';
import type { CacheIdentity } from './step-cache.ts';
import type { StepRequest } from './step-request.ts';
import type { ErrorRecord, StepResult } from './step-result.ts';

/** Something to launch as soon as its launcher has room. */
export interface Launch {
  readonly node: StepNode;
  readonly role: StepRequest['role'];
  readonly reason?: string;
  readonly identity?: CacheIdentity;
  /** What a hook is told. */
  readonly failure?: string;
}

/** One attempt, or one hook, that was launched. */
export interface Execution extends Launch {
  readonly attempt: number;
  readonly outputPrefix: string;
  readonly pool: LaunchPool;
  readonly launchedAt: string;
  handle?: LaunchHandle;
  /** It was asked to stop: how it ends is no failure of its own. */
  stopping: boolean;
}

export interface ExecutionEnd {
  readonly cause: EndCause;
  readonly result?: StepResult;
  /** Why there is no result, where it is more than the cause says. */
  readonly error?: ErrorRecord;
  readonly logChunks?: number | undefined;
}

interface StepExecutionsOptions
  extends Pick<DriveOptions, 'run' | 'lease' | 'metadataStoreId' | 'artifactStore' | 'environment'> {
  readonly timing: DriveTiming;
  /** Handles something that happened in the driver's turn. */
  readonly post: (happening: () => void) => void;
  /** Does something once the lease was renewed. */
  readonly guard: (action: () => void) => void;
  readonly tell: (event: RunEvent) => void;
  readonly onEnd: (execution: Execution, end: ExecutionEnd) => void;
}

/** What a driver has launched and not yet seen the end of. Each execution ends once, with a result where there is one. */
export class StepExecutions {
  readonly #options: StepExecutionsOptions;
  readonly #running = new Map<string, Execution>();
  readonly #abandoned = new AbortController();
  /** Ended ones whose result is being read from the artifact store. */
  #reads = 0;

  constructor(options: StepExecutionsOptions) {
    this.#options = options;
  }

  /** How many are launched, or about to be. */
  get count(): number {
    return this.#running.size;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && this.#reads === 0;
  }

  describe(launch: Launch, pool: LaunchPool, attempt: number): Execution {
    const { lease, metadataStoreId } = this.#options;
    const { node, role } = launch;
    const prefix = outputPrefix(metadataStoreId, { runId: lease.runId, nodeId: node.id, attempt, role });
    return { ...launch, attempt, outputPrefix: prefix, pool, launchedAt: new Date().toISOString(), stopping: false };
  }

  /** From now on it counts as running. */
  add(execution: Execution): void {
    this.#running.set(keyOf(execution), execution);
    execution.pool.busy++;
  }

  async launch(execution: Execution, inputs: RecordedOutputs): Promise<void> {
    const { run, lease, environment, post } = this.#options;
    if (execution.stopping) {
      post(() => this.#end(execution, { cause: { kind: 'stopped' } }));
      return;
    }
    try {
      const { request, credentials } = createStepRequest({ run, lease, environment, ...execution, inputs });
      const handle = await execution.pool.launcher.launch(request, credentials);
      if (execution.handle !== undefined) return;
      execution.handle = handle;
    } catch (error) {
      const problem = toErrorRecord(error);
      post(() => this.#end(execution, { cause: { kind: 'lost', reason: problem.message }, error: problem }));
      return;
    }
    if (execution.stopping) post(() => this.#stop(execution));
  }

  /** Events of what is not known here, or has ended, say nothing. */
  handle(event: LaunchEvent): void {
    const execution = this.#running.get(keyOf({ ...event.handle, node: { id: event.handle.nodeId } }));
    if (execution === undefined) return;
    // What is stopped, or ends, before `launch` has resolved.
    const isNew = execution.handle === undefined;
    execution.handle ??= event.handle;
    if (isNew && execution.stopping && event.kind !== 'ended') this.#stop(execution);
    const { nodeId, attempt } = event.handle;
    if (event.kind === 'waiting') {
      this.#options.tell({ kind: 'node-waiting', nodeId, attempt, reason: event.reason });
    }
    if (event.kind !== 'ended') return;
    const { cause, result, logChunks } = event;
    if (result !== undefined) this.#end(execution, this.#parse(execution, cause, result));
    else if (cause.kind === 'refused') this.#end(execution, { cause });
    else if (this.#remove(execution)) {
      this.#read(execution, cause, () => this.#options.onEnd(execution, { cause, logChunks }));
    }
  }

  stop(which: (execution: Execution) => boolean): void {
    for (const execution of this.#running.values()) if (which(execution)) this.#stop(execution);
  }

  /** Takes the result that an execution of an earlier driver has published; `otherwise` is called where there is none. */
  resolve(execution: Execution, otherwise: () => void): void {
    this.#read(execution, { kind: 'completed' }, otherwise);
  }

  /** Ends all waiting for results. */
  abandon(): void {
    this.#abandoned.abort();
  }

  #stop(execution: Execution): void {
    const { guard, tell, timing } = this.#options;
    execution.stopping = true;
    guard(() => {
      const { handle, pool, node } = execution;
      if (handle === undefined) return;
      pool.launcher.stop(handle, timing.stopGraceMs).catch((error: unknown) => {
        const { message } = toErrorRecord(error);
        tell({ kind: 'notice', message: `Step "${node.id}" could not be stopped: ${message}` });
      });
    });
  }

  #end(execution: Execution, end: ExecutionEnd): void {
    if (this.#remove(execution)) this.#options.onEnd(execution, end);
  }

  #remove(execution: Execution): boolean {
    const isKnown = this.#running.delete(keyOf(execution));
    if (isKnown) execution.pool.busy--;
    return isKnown;
  }

  #read(execution: Execution, cause: EndCause, otherwise: () => void): void {
    const { artifactStore, timing, post, tell, onEnd } = this.#options;
    this.#reads++;
    const settle = (how: () => void) =>
      post(() => {
        this.#reads--;
        how();
      });
    readStepResult(artifactStore, execution.outputPrefix, {
      signal: this.#abandoned.signal,
      patienceMs: timing.storePatienceMs,
      onTrouble: (error) =>
        tell({ kind: 'notice', message: `Waiting for the artifact store: ${toErrorRecord(error).message}` }),
    }).then(
      (bytes) => settle(bytes === undefined ? otherwise : () => onEnd(execution, this.#parse(execution, cause, bytes))),
      (error: unknown) => settle(() => onEnd(execution, { cause, error: toErrorRecord(error) })),
    );
  }

  #parse(execution: Execution, cause: EndCause, source: unknown): ExecutionEnd {
    const { runId } = this.#options.lease;
    try {
      return { cause, result: parseStepResult(source, { ...execution, runId, nodeId: execution.node.id }) };
    } catch (error) {
      return { cause, error: toErrorRecord(error) };
    }
  }
}

/** Names an execution within its run. */
export function keyOf({ node, attempt, role }: ExecutionName): string {
  return `${node.id} ${attempt} ${role}`;
}

interface ExecutionName {
  readonly node: { readonly id: string };
  readonly attempt: number;
  readonly role: StepRequest['role'];
}
