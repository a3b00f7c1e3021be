import type { ChildProcess } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { processesOf } from './processes-of.ts';
import type { UserProject } from './user-project.ts';
import { createUserProject } from './user-project.ts';

const chain = join(import.meta.dirname, 'fixtures/chain.ts');

async function expectNoProcess(user: UserProject): Promise<void> {
  for (let tries = 0; tries < 100 && processesOf(user).length > 0; tries++) await sleep(50);
  expect(processesOf(user)).toEqual([]);
}

/** Nodes whose success is recorded. */
function recorded(user: UserProject, run: string): string[] {
  return user
    .ask('runs', 'describe', run, '--limit', '2000')
    .run.steps.filter(({ state }: { state: string }) => state === 'succeeded')
    .map(({ nodeId }: { nodeId: string }) => nodeId);
}

test.runIf(process.platform === 'linux')(
  'a run killed at 50 random moments and resumed each time loses nothing, repeats nothing recorded and leaves no process behind',
  { timeout: 1_200_000 },
  async () => {
    const user = createUserProject();
    copyFileSync(chain, join(user.directory, 'chain.ts'));
    user.succeed('init');
    // A kill may come before the first step.
    user.write('ran.txt', '');
    const kill = async (...args: string[]) => {
      const driver = user.start(...args);
      const over = new Promise<number | null>((resolve) => driver.on('exit', resolve));
      const killed = sleep(150 + Math.random() * 350).then(() => driver.kill('SIGKILL'));
      const code = await over;
      await killed;
      await expectNoProcess(user);
      return code;
    };
    await kill('run', 'chain.ts', '--run-name', 'long', '--param', 'length=500', '--param', 'ms=40', '--no-cache');
    while (user.ask('runs', 'list').runs.length === 0)
      await kill('run', 'chain.ts', '--run-name', 'long', '--param', 'length=500', '--param', 'ms=40', '--no-cache');
    let done = recorded(user, 'long');
    for (let kills = 1; kills < 50; kills++) {
      // `pending` where the kill came before the first lease was taken.
      expect(user.ask('runs', 'list').runs[0].state).toMatch(done.length > 0 ? /^crashed$/ : /^(crashed|pending)$/);
      const lines = user.read('ran.txt').split('\n').length;
      expect(await kill('runs', 'resume', 'long')).not.toBe(0);
      const again = user
        .read('ran.txt')
        .split('\n')
        .slice(lines - 1)
        .map((line) => line.split(' ')[0]);
      expect(again.filter((node) => done.includes(node as string))).toEqual([]);
      const now = recorded(user, 'long');
      expect(now).toEqual(expect.arrayContaining(done));
      done = now;
    }
    user.succeed('runs', 'resume', 'long');
    expect(recorded(user, 'long')).toHaveLength(1001);
    const { artifacts } = user.ask('artifacts', 'list', '--run', 'long', '--limit', '2000');
    expect(artifacts).toHaveLength(1001);
    const last = artifacts.find(({ nodeId }: { nodeId: string }) => nodeId === 'link_1001');
    expect(user.succeed('artifacts', 'get', last.id).trim()).toBe('501');
    await expectNoProcess(user);
  },
);

test.runIf(process.platform === 'linux')(
  'of two commands that drive one run, the older that wakes late harms nothing',
  { timeout: 300_000 },
  async () => {
    const user = createUserProject();
    copyFileSync(chain, join(user.directory, 'chain.ts'));
    user.succeed('init');
    const older = user.start('run', 'chain.ts', '--run-name', 'contested', '--param', 'length=60', '--param', 'ms=50');
    let complaint = '';
    older.stderr?.on('data', (chunk) => (complaint += chunk));
    const over = new Promise<number | null>((resolve) => older.on('exit', resolve));
    while (user.mlstack('runs', 'describe', 'contested').status !== 0 || recorded(user, 'contested').length < 3)
      await sleep(50);
    await stopBetweenTransactions(user, older);
    for (let tries = 0; tries < 100 && user.ask('runs', 'list').runs[0].state !== 'crashed'; tries++) await sleep(200);
    const newer = user.start('runs', 'resume', 'contested');
    const newerOver = new Promise<number | null>((resolve) => newer.on('exit', resolve));
    await sleep(1500);
    older.kill('SIGCONT');
    expect(await over).not.toBe(0);
    expect(complaint).toContain('taken over');
    expect(await newerOver).toBe(0);
    expect(recorded(user, 'contested')).toHaveLength(121);
    const { artifacts } = user.ask('artifacts', 'list', '--run', 'contested', '--limit', '2000');
    expect(artifacts).toHaveLength(121);
    await expectNoProcess(user);
  },
);

/** In the middle of one it would keep the lock of the records, and nobody could take the run over before it wakes. */
async function stopBetweenTransactions(user: UserProject, driver: ChildProcess): Promise<void> {
  const records = new DatabaseSync(join(user.directory, '.mlstack/metadata.db'), { timeout: 0 });
  for (let isStopped = false; !isStopped; ) {
    driver.kill('SIGSTOP');
    await sleep(50);
    try {
      records.exec('BEGIN IMMEDIATE; ROLLBACK');
      isStopped = true;
    } catch {
      driver.kill('SIGCONT');
      await sleep(10);
    }
  }
  records.close();
}
