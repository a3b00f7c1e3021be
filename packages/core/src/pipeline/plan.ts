import type { MaterializerReference } from '../artifact/artifact-record.ts';
import type { JsonObject, JsonValue } from '../json-value.ts';

/** What a step needs where it runs. */
export interface StepResources {
  /** Cores, may be a fraction. */
  readonly cpu?: number;
  /** Bytes, or text as `512Mi`, `4Gi`, `2GB`. A step that uses more is ended as out of memory. */
  readonly memory?: string | number;
  readonly gpu?: number;
}

export interface RetryPolicy {
  /** How many times it may run in all, the first included. */
  readonly attempts: number;
  /** Wait before the second attempt, in milliseconds. Default 1000. */
  readonly delayMs?: number;
  /** What the wait is multiplied by after each attempt. Default 2. */
  readonly backoff?: number;
  /** Longest wait in milliseconds. Default 60000. */
  readonly maximumDelayMs?: number;
}

/** Settings of one step of a plan, after the definition, the call and the run configuration were laid over each other. */
export interface StepSettings {
  readonly retry?: RetryPolicy;
  /** From the step's start to its end, in milliseconds, each attempt. */
  readonly timeoutMs?: number;
  /** Limit of waiting before it starts (for a node, an image, a free worker), in milliseconds, each attempt. */
  readonly startTimeoutMs?: number;
  readonly resources?: StepResources;
  /** Whether a result may be taken from the cache. Default true. */
  readonly cache?: boolean;
  /** Stands for the fingerprint of the step's code. */
  readonly cacheKey?: string;
  /** `true`: the stack's own step operator runs this step. */
  readonly stepOperator?: boolean;
  /** Names of the environment variables that the step reads; their values are redacted from its log. */
  readonly env?: readonly string[];
  /** What only one vendor knows, under `type/flavor`, kept verbatim: `{'orchestrator/kubernetes': {nodeSelector: …}}`. */
  readonly vendor?: Readonly<Record<string, JsonObject>>;
}

export interface OutputReference {
  readonly node: string;
  readonly output: string;
}

export interface PlannedOutput {
  /** Absent: a built-in materializer is chosen by the value. */
  readonly materializer?: MaterializerReference;
}

/** One call of a step. */
export interface StepNode {
  readonly kind: 'step';
  /** Unique in the plan: the step's name, with `_2`, `_3` for further calls. */
  readonly id: string;
  readonly step: string;
  readonly inputs: Readonly<Record<string, OutputReference>>;
  /** Nodes that must have succeeded first though nothing of theirs is read. */
  readonly after: readonly string[];
  /** Resolved and complete: defaults are in. */
  readonly params: JsonValue;
  /** A step with one unnamed output has `{output: …}`. */
  readonly outputs: Readonly<Record<string, PlannedOutput>>;
  /** True where the step returns its value itself rather than an object of named outputs. */
  readonly singleOutput: boolean;
  readonly settings: StepSettings;
  /** Identity of the step's code for the cache, or why the step cannot be cached. */
  readonly fingerprint:
    | { readonly sha256: string; readonly parts?: Readonly<Record<string, string>> }
    | { readonly uncached: string };
  /** Which hooks the definition has. They run as launched steps of their own and change no outcome. */
  readonly hooks: readonly ('onSuccess' | 'onFailure')[];
}

/** Nodes are addressed by id. A reader refuses kinds it does not know. */
export type PlanNode = StepNode;

/**
 * - `stop`: the first failure stops launching, running steps are cancelled.
 * - `finish-running`: nothing new is launched, running steps finish.
 * - `continue`: dependents of the failed step are skipped, independent branches go on.
 */
export type FailureMode = 'stop' | 'finish-running' | 'continue';

/** A pipeline as plain data. Depends on no stack and no vendor. */
export interface Plan {
  readonly formatVersion: 1;
  readonly pipeline: string;
  /** Export of the bundle's entry module that holds the pipeline: `default` or a name. */
  readonly export: string;
  /** Digest of the bundle that the plan was compiled from and that its steps run from. */
  readonly codeDigest: string;
  readonly failureMode: FailureMode;
  /** Parameters of the pipeline itself. */
  readonly params: JsonValue;
  readonly nodes: readonly PlanNode[];
}

/** Laid over the pipeline's own settings when it is compiled: from `--config`, `--param`, `--no-cache`. */
export interface RunConfiguration {
  readonly runName?: string;
  /** Parameters of the pipeline itself. */
  readonly params?: JsonObject;
  /** Parameters given as text, by `step.key`, or `key` for the pipeline's own: read as JSON where the step's schema takes that, else as text. */
  readonly paramTexts?: Readonly<Record<string, string>>;
  readonly failureMode?: FailureMode;
  readonly cache?: boolean;
  /** By node id or step name: parameters and settings. A name that is in no plan is an error. */
  readonly steps?: Readonly<Record<string, { readonly params?: JsonObject; readonly settings?: StepSettings }>>;
}
