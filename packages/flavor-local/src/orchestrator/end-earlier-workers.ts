import { setTimeout as delay } from 'node:timers/promises';
import { endProcessesOfWorkers, isRunning, killProcessGroup, MlstackError } from '@mlstack/core/flavor';
import type { WorkerRecords } from './worker-records.ts';

const waitMs = 10_000;
const pollMs = 20;

/** Ends the workers that an earlier driver of a run left, with all that their steps started. Resolves when they are gone. */
export async function endEarlierWorkers(records: WorkerRecords, ownTokens: ReadonlySet<string>): Promise<void> {
  const earlier = records.list().filter(({ token }) => !ownTokens.has(token));
  if (earlier.length === 0) return;
  for (const { process } of earlier) if (isRunning(process)) killProcessGroup(process.pid);
  await endProcessesOfWorkers(new Set(earlier.map(({ token }) => token)));
  for (const { process, token } of earlier) {
    for (let waited = 0; isRunning(process); waited += pollMs) {
      if (waited > waitMs) throw new ProcessRemainsError(process.pid);
      await delay(pollMs);
    }
    records.remove(token);
  }
}

class ProcessRemainsError extends MlstackError {
  readonly code = 'WORKER_REMAINS';
  override readonly kind = 'failure' as const;
  constructor(pid: number) {
    super(`Process ${pid}, which an earlier driver of this run started, cannot be ended.`, {
      hint: `It hangs inside the system (a disk or network drive that does not answer?). Resume the run when \`kill -9 ${pid}\` works.`,
    });
  }
}
