import { spawn, spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isRunning, readProcessIdentity, readStartFromPs } from './process-identity.ts';

test('a process of which nobody knows when it started is never taken for the one that was noted', () => {
  const identity = readProcessIdentity(process.pid);
  expect(identity !== undefined && isRunning(identity)).toBe(process.platform !== 'win32');
  expect(isRunning({ boot: identity?.boot ?? '', pid: process.pid, start: '' })).toBe(false);
});

test.skipIf(spawnSync('ps', ['-p', '1']).status !== 0)(
  '`ps` tells processes apart by their start where there is no /proc',
  async () => {
    const own = readStartFromPs(process.pid);
    expect(own).toMatch(/\d\d:\d\d:\d\d \d{4}$/);
    expect(readStartFromPs(process.pid)).toBe(own);
    await delay(1100);
    const later = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' });
    try {
      expect(readStartFromPs(later.pid as number)).not.toBe(own);
    } finally {
      later.kill('SIGKILL');
    }
    expect(readStartFromPs(2 ** 22 + 1)).toBe('');
  },
);
