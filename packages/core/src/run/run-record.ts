import type { ArtifactRecord } from '../artifact/artifact-record.ts';
import type { JsonObject } from '../json-value.ts';
import type { Plan, RunConfiguration } from '../pipeline/plan.ts';
import type { ComponentReference } from './step-request.ts';
import type { ErrorRecord, StepOutcome } from './step-result.ts';

/** The stack as it was when the run was created: `resume` uses this, not what is registered now. */
export interface StackSnapshot {
  readonly name: string;
  readonly components: readonly ComponentReference[];
}

/** Enough to drive the run from anywhere. Stored before the first launch. */
export interface NewRun {
  readonly id: string;
  /** For people; unique in the store. Given by `--run-name`, or made of pipeline and time. */
  readonly name: string;
  readonly plan: Plan;
  readonly configuration: RunConfiguration;
  readonly stack: StackSnapshot;
  /** Versions that made it: `{mlstack, node}`. */
  readonly versions: Readonly<Record<string, string>>;
  /** The pipeline's file, relative to the project where it lies inside; for `resume --with-current-code` and for people. */
  readonly sourceFile: string;
}

/** As stored. `crashed` is not stored: it is derived from an expired lease when reading. */
export type RunState = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled';
export type ObservedRunState = RunState | 'crashed';

export interface RunSummary {
  readonly id: string;
  readonly name: string;
  readonly pipeline: string;
  readonly stack: string;
  readonly state: ObservedRunState;
  readonly createdAt: string;
  readonly endedAt?: string;
  /** How many nodes there are, and how many are in which state. */
  readonly nodes: number;
  readonly counts: Readonly<Partial<Record<NodeState, number>>>;
}

export interface RunDetail extends RunSummary {
  readonly record: NewRun;
  readonly error?: ErrorRecord;
  readonly lease?: LeaseHolder & { readonly epoch: number; readonly expiresAt: string };
}

/** `cached`: succeeded without running. `skipped`: never ran, since what it needs failed or the run stopped. */
export type NodeState = 'pending' | 'running' | 'succeeded' | 'cached' | 'failed' | 'cancelled' | 'skipped';

export interface NodeRecord {
  readonly runId: string;
  readonly nodeId: string;
  readonly step: string;
  readonly state: NodeState;
  /** How many attempts were started. */
  readonly attempts: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: ErrorRecord;
  readonly cacheKey?: string;
  /** The parts the key is made of, each hashed or short, for `runs explain`. */
  readonly cacheParts?: Readonly<Record<string, string>>;
  /** Why it ran or was taken from the cache, in a few words. */
  readonly reason?: string;
  /** Where it was taken from. */
  readonly cachedFrom?: { readonly runId: string; readonly nodeId: string };
  /** Of what it made or took from the cache, something is noted as damaged. */
  readonly damaged?: true;
  readonly cpuMs?: number;
  readonly peakMemoryBytes?: number;
  readonly metadata: JsonObject;
  readonly logChunks?: number;
}

export interface NodeDetail extends NodeRecord {
  /** By output name. For a cached node: the artifacts it took. */
  readonly outputs: Readonly<Record<string, ArtifactRecord>>;
  readonly hooks: readonly HookRecord[];
}

export interface HookRecord {
  readonly role: 'onSuccess' | 'onFailure';
  readonly outcome: StepOutcome;
  readonly error?: ErrorRecord;
  readonly logChunks?: number;
}

/** Who drives: told apart even where process ids are used again. */
export interface LeaseHolder {
  readonly host: string;
  /** Boot id of the host. */
  readonly boot: string;
  readonly pid: number;
  /** Start of the process, as the system tells it. */
  readonly processStart: string;
}

/** What one driver holds. Every write of a run names it; a store refuses an epoch that is not the current one. */
export interface Lease {
  readonly runId: string;
  readonly epoch: number;
}

/** What somebody who does not hold the lease wants of a run. */
export interface RunRequest {
  readonly id: string;
  readonly kind: 'stop';
  readonly createdAt: string;
}
