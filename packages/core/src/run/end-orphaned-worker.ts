import { rmSync } from 'node:fs';
import { endProcessesOfWorkers, killProcessGroup } from './process-tree.ts';
import { workerTemporaryDirectory } from './worker-protocol.ts';

/**
 * Ends a worker whose parent is dead, with all that its jobs started: what is in its process group last, since whoever calls this
 * is in it.
 *
 * @param spared processes of the caller.
 */
export async function endOrphanedWorker(token: string, worker: number, spared: readonly number[]): Promise<void> {
  await endProcessesOfWorkers(new Set([token]), { except: spared, rounds: 50 });
  rmSync(workerTemporaryDirectory(token), { recursive: true, force: true });
  killProcessGroup(worker);
  process.kill(worker, 'SIGKILL');
}
