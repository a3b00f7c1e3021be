import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { currentLeaseHolder, isHolderDead } from './lease-holder.ts';

test('this process is alive', () => {
  expect(isHolderDead(currentLeaseHolder())).toBe(false);
});

test('a process that has ended is dead, also while nobody has collected it', async () => {
  const child = spawn('sh', ['-c', 'sleep 0.01 & exec sleep 60'], { stdio: 'ignore' });
  const holder = { ...currentLeaseHolder(), pid: child.pid as number };
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isHolderDead(holder)).toBe(true);
});

test('a process id that another process has now belongs to a dead holder', () => {
  const holder = currentLeaseHolder();
  const [, namespace] = holder.processStart.split('@');
  expect(isHolderDead({ ...holder, processStart: `1@${namespace}` })).toBe(process.platform !== 'win32');
});

test('a holder from before the last restart of this host is dead', () => {
  expect(isHolderDead({ ...currentLeaseHolder(), boot: 'another' })).toBe(true);
});

test('nobody knows of processes of other hosts and other containers', () => {
  const holder = { ...currentLeaseHolder(), pid: 2 ** 22 + 1 };
  expect(isHolderDead({ ...holder, host: 'elsewhere' })).toBe(false);
  expect(isHolderDead({ ...holder, processStart: '1@pid:[1]' })).toBe(false);
});
