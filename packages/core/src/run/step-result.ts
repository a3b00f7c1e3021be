import type { StoredArtifact } from '../artifact/artifact-record.ts';
import type { JsonObject } from '../json-value.ts';

export type StepOutcome = 'succeeded' | 'failed' | 'cancelled';

/** An error as data. Stack traces are mapped to the user's sources and redacted. */
export interface ErrorRecord {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly stack?: string;
  readonly cause?: ErrorRecord;
}

/**
 * What one execution says of itself. Untrusted: the driver parses it by schema with a size limit, and refuses one whose ids do
 * not match its request or whose outputs lie outside the prefix that the request gave.
 */
export interface StepResult {
  readonly formatVersion: 1;
  readonly runId: string;
  readonly nodeId: string;
  readonly attempt: number;
  readonly outcome: StepOutcome;
  readonly outputs: Readonly<Record<string, StoredArtifact>>;
  readonly error?: ErrorRecord;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly cpuMs?: number;
  readonly peakMemoryBytes?: number;
  /** What the step said through `context.metadata(…)`. */
  readonly metadata: JsonObject;
  /** How many numbered chunks its log has; filled in by the supervisor. */
  readonly logChunks: number;
}
