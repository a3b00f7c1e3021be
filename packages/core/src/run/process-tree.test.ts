import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { listProcessesOfWorkers } from './process-tree.ts';
import { workerTokenVariable } from './worker-protocol.ts';

const newestId = '/proc/sys/kernel/ns_last_pid';

/** Starts a process that waits, and tells its id. */
async function startWaiting(env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...process.env, ...env } });
  await once(child, 'spawn');
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid as number;
}

function mayChooseIds(): boolean {
  try {
    accessSync(newestId, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

test.runIf(process.platform === 'linux')(
  'a process that a worker has started is found by its token, and those before the worker are not looked at',
  async () => {
    const token = `token-${process.pid}-found`;
    const earlier = await startWaiting({ [workerTokenVariable]: token });
    const startedAtMs = performance.now();
    const worker = await startWaiting();
    const later = await startWaiting({ [workerTokenVariable]: token });
    expect(listProcessesOfWorkers(new Set([token]))).toEqual([earlier, later].sort((one, other) => one - other));
    const found = listProcessesOfWorkers(new Set([token]), { pid: worker, startedAtMs });
    expect(found).toContain(later);
    if (earlier < worker) expect(found).not.toContain(earlier);
  },
);

test.runIf(process.platform === 'linux' && mayChooseIds())(
  'a process that has a lower id than the worker that started it, as all ids were given out, is found, too',
  async () => {
    const token = `token-${process.pid}-over`;
    const largest = Number(readFileSync('/proc/sys/kernel/pid_max', 'latin1'));
    const startedAtMs = performance.now();
    writeFileSync(newestId, String(largest - 100));
    const worker = await startWaiting();
    writeFileSync(newestId, String(largest - 1));
    const later = await startWaiting({ [workerTokenVariable]: token });
    expect(later).toBeLessThan(worker);
    expect(listProcessesOfWorkers(new Set([token]), { pid: worker, startedAtMs })).toEqual([later]);
    expect(listProcessesOfWorkers(new Set([token]), { pid: worker, startedAtMs: startedAtMs - 60_000 })).toEqual([
      later,
    ]);
  },
);
