import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ProcessIdentity } from '@mlstack/core/flavor';
import { isRunning, readProcessIdentity } from '@mlstack/core/flavor';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostileSteps } from './fixtures/hostile-steps.ts';
import { LaunchFixture } from './fixtures/launch-fixture.ts';
import { LocalLauncher } from './local-launcher.ts';

const driverProgram = fileURLToPath(new URL('./fixtures/launch-and-wait.ts', import.meta.url));
let fixture: LaunchFixture;

beforeEach(() => {
  fixture = new LaunchFixture(hostileSteps);
});
afterEach(() => fixture.remove());

interface Driver {
  kill(signal: NodeJS.Signals): Promise<void>;
  readonly processes: readonly ProcessIdentity[];
}

/** A process that launches these steps and answers with all processes that came of it, once they are under way. */
async function startDriver(steps: readonly string[]): Promise<Driver> {
  const child = spawn(process.execPath, ['--conditions=mlstack-source', driverProgram, fixture.directory, ...steps], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.endsWith('\n')) break;
  }
  const pids = JSON.parse(output) as number[];
  const processes = pids.map((pid) => readProcessIdentity(pid));
  expect(processes).not.toContain(undefined);
  return {
    processes: processes as ProcessIdentity[],
    kill: async (signal) => {
      child.kill(signal);
      if (signal === 'SIGKILL') await once(child, 'exit');
    },
  };
}

async function untilGone(processes: readonly ProcessIdentity[]): Promise<void> {
  while (processes.some(isRunning)) await delay(10);
}

test('a driver that is killed leaves no process: neither workers, blocked or not, nor what their steps started', async () => {
  const driver = await startDriver(['block', 'ignoreAbort', 'startGrandchildren']);
  expect(driver.processes.length).toBe(5);
  await driver.kill('SIGKILL');
  await untilGone(driver.processes);
}, 30_000);

test('the next driver of the run ends what stopped processes would do later, before it goes on', async () => {
  const driver = await startDriver(['block', 'startGrandchildren']);
  await driver.kill('SIGSTOP');
  for (const { pid } of driver.processes) process.kill(pid, 'SIGSTOP');
  const launcher = new LocalLauncher(fixture.context(), {
    concurrency: 1,
    stateDirectory: fixture.stateDirectory,
    reuse: true,
  });
  expect(await launcher.adopt('run1')).toEqual([]);
  expect(driver.processes.filter(isRunning)).toEqual([]);
  expect(await launcher.adopt('run1')).toEqual([]);
  await launcher.close();
  await driver.kill('SIGKILL');
}, 30_000);

test('adopting ends no process that merely has the id of an earlier worker', async () => {
  const launcher = new LocalLauncher(fixture.context(), {
    concurrency: 1,
    stateDirectory: fixture.stateDirectory,
    reuse: true,
  });
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  await once(bystander, 'spawn');
  const identity = readProcessIdentity(bystander.pid as number) as ProcessIdentity;
  const { WorkerRecords } = await import('./worker-records.ts');
  new WorkerRecords(fixture.stateDirectory, 'run1').add({ process: { ...identity, start: '1' }, token: 'other' });
  await launcher.adopt('run1');
  expect(isRunning(identity)).toBe(true);
  process.kill(identity.pid, 'SIGKILL');
  await launcher.close();
});
