import type { MetadataStore } from '../component/metadata-store.ts';
import type { NodeState, RunState } from './run-record.ts';
import type { RunSchedule } from './run-schedule.ts';
import type { ErrorRecord } from './step-result.ts';

/** How driving a run ended. A run that failed is an outcome, not an error. */
export interface RunOutcome {
  readonly id: string;
  readonly name: string;
  readonly pipeline: string;
  readonly stack: string;
  readonly state: Extract<RunState, 'completed' | 'failed' | 'cancelled'>;
  /**
   * From its `createdAt` to its `endedAt`, as all that tell of a run count it. What came before, as building and compiling, is not part of it;
   * of a run that was resumed, the time before that is.
   */
  readonly durationMs: number;
  readonly counts: Readonly<Partial<Record<NodeState, number>>>;
  /** Why it failed: what its first failed step said. */
  readonly error?: ErrorRecord;
}

/** How a run ends whose nodes are all over. One that was cancelled when everything had been done has completed. */
export function decideRunState(schedule: RunSchedule, isCancelled: boolean): RunOutcome['state'] {
  const failed = schedule.count('failed') > 0;
  const unfinished = schedule.count('skipped') + schedule.count('cancelled') > 0;
  if (isCancelled && (failed || unfinished)) return 'cancelled';
  return failed ? 'failed' : 'completed';
}

/** In milliseconds, as it is recorded; undefined where that cannot be read, as of a run that was deleted at once. */
export async function readDuration(metadataStore: MetadataStore, runId: string): Promise<number | undefined> {
  const found = await metadataStore.findRuns([runId]).catch(() => undefined);
  const { createdAt, endedAt } = found?.get(runId) ?? {};
  return createdAt === undefined || endedAt === undefined ? undefined : Date.parse(endedAt) - Date.parse(createdAt);
}
