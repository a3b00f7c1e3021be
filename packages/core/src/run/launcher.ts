import type { ArtifactStore } from '../component/artifact-store.ts';
import type { ComponentContext } from '../component/stack-component.ts';
import type { JsonObject } from '../json-value.ts';
import type { SecretValues } from '../secret/redact.ts';
import type { CodePart } from './remote-launch.ts';
import type { StepRequest } from './step-request.ts';
import type { WorkerProcess } from './worker-process.ts';

/** Names one execution wherever it runs, as data: it can be stored, and observed by another driver. */
export interface LaunchHandle {
  readonly runId: string;
  readonly nodeId: string;
  readonly attempt: number;
  readonly role: StepRequest['role'];
  /** The launcher's own: a process id and its start, a Job's name. */
  readonly detail: JsonObject;
}

/** Why an execution is over, as the platform tells it. */
export type EndCause =
  /** It published a result. */
  | { readonly kind: 'completed' }
  /** The program ended without a result: `process.exit`, an unhandled abort. */
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** `probably` where the machine ended some process for lack of memory at that time, and none is known to be another one. */
  | { readonly kind: 'signalled'; readonly signal: string; readonly probably?: 'out-of-memory' }
  | { readonly kind: 'out-of-memory'; readonly limitBytes?: number }
  /** Its own deadline passed; the launcher's supervisor ended it. */
  | { readonly kind: 'timed-out'; readonly timeoutMs: number }
  /** It did not start within `startTimeoutMs`; `reason` is what it waited for. */
  | { readonly kind: 'not-started'; readonly reason: string }
  | { readonly kind: 'evicted' | 'lost'; readonly reason: string }
  /** The launcher could not even try: no such image, a spec that was refused. Trying again will not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Ended because `stop` was called. */
  | { readonly kind: 'stopped' };

export type LaunchEvent =
  | { readonly kind: 'waiting'; readonly handle: LaunchHandle; readonly reason: string }
  | { readonly kind: 'running'; readonly handle: LaunchHandle }
  | {
      readonly kind: 'ended';
      readonly handle: LaunchHandle;
      readonly cause: EndCause;
      /**
       * The result document, unparsed, where the launcher has it at hand (a worker's pipe). Otherwise the driver reads
       * `<outputPrefix>result.json`.
       */
      readonly result?: unknown;
      /** Known even where there is no result. */
      readonly logChunks?: number;
    };

/** Values that travel beside a request, never in it: in a worker's pipe, in a Secret. */
export interface LaunchCredentials {
  /** Environment variables that references of the components and the step's `env` name. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs single steps somewhere. Knows nothing of plans and writes no metadata; retries belong to the driver.
 *
 * At most one execution per run, node, attempt and role is under way at a time, because names are made from these.
 */
export interface Launcher {
  /** How many executions make sense at once. The driver launches no more. */
  readonly concurrency: number;
  /**
   * What it launches runs on the driver's own machine and dies with the driver. So an execution may begin while the record of its start is
   * written: what keeps that from being there, a power cut, a kill, a full disk, ends the driver, and the execution with it.
   */
  readonly isOnThisMachine?: boolean;
  /**
   * Starts, or adopts what is there already under the same name. Resolves once the platform has taken it. Where that takes long,
   * events tell what it waits for, and `stop` with their handle ends the attempt.
   */
  launch(request: StepRequest, credentials: LaunchCredentials): Promise<LaunchHandle>;
  /**
   * One stream for everything launched or adopted by this launcher until `close`. Each execution gives exactly one `ended`.
   */
  events(): AsyncIterable<LaunchEvent>;
  /** Tells it to end: the step's abort signal first, force after `graceMs`. Idempotent; `ended` follows on the stream. */
  stop(handle: LaunchHandle, graceMs: number): Promise<void>;
  /**
   * What an earlier driver of this run started and what may still be under way; from now on observed by this launcher. A
   * launcher whose executions cannot outlive their driver ends what is left of them first and answers with nothing.
   */
  adopt(runId: string): Promise<readonly LaunchHandle[]>;
  /** The end of this execution is recorded: what the platform keeps of it may go. */
  release?(handle: LaunchHandle): void;
  /**
   * Frees what it holds. What lives only as long as its driver ends with it; what runs elsewhere goes on, for the next driver to
   * adopt: a driver that wants it ended calls `stop` first.
   */
  close(): Promise<void>;
}

/** What a launcher is given by the driver. */
export interface LauncherContext {
  readonly runId: string;
  /** Program files of `@mlstack/core` that a launcher starts: absolute paths. */
  readonly programs: { readonly worker: string };
  /** Folder of the bundle with the given digest on this machine, with `entry.mjs` in it. */
  bundleDirectory(digest: string): string;
  /**
   * Puts what executes a request where nothing but Node is installed into the artifact store, where it is not there yet. Costs a
   * request to the store for each part. Fails with an `MlstackError`.
   */
  publishCode(request: StepRequest): Promise<readonly CodePart[]>;
  /** The run's artifact store, for logs and results that a supervisor writes. */
  readonly artifactStore: ArtifactStore;
  /** What surrounds a component of the run's stack on this machine. */
  componentContext(componentId: string): ComponentContext;
  /** Every secret value that the run knows; a supervisor takes them out of what it stores. */
  readonly secrets: SecretValues;
  /** Tells who follows the run what concerns no single execution. One sentence or two. */
  notify(message: string): void;
  /** The worker that compiled the pipeline, as the first one of a launcher that uses workers. Whoever takes it closes it. */
  readonly warmWorker?: WorkerProcess;
}
