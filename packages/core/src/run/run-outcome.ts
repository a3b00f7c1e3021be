import type { NodeState, RunState } from './run-record.ts';
import type { ErrorRecord } from './step-result.ts';

/** How driving a run ended. A run that failed is an outcome, not an error. */
export interface RunOutcome {
  readonly runId: string;
  readonly name: string;
  readonly pipeline: string;
  readonly stack: string;
  readonly state: Extract<RunState, 'completed' | 'failed' | 'cancelled'>;
  /** Of this driver's part: a resumed run counts from its resumption. */
  readonly durationMs: number;
  readonly counts: Readonly<Partial<Record<NodeState, number>>>;
  /** Why it failed: what its first failed step said. */
  readonly error?: ErrorRecord;
}
