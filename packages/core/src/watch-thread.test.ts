import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { programFile, programFlags } from './run/program-file.ts';
import { watchItself, workerPipes, workerTokenVariable } from './run/worker-protocol.ts';

test('a worker that nothing watches ends when its parent has, by a thread of its own', async () => {
  const program = programFile('worker-main');
  const worker = spawn(process.execPath, [...programFlags(program), program, watchItself], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, [workerTokenVariable]: `watch-thread-test-${process.pid}` },
  });
  const ended = once(worker, 'exit');
  const [answer] = await once(worker.stdio[workerPipes.answers] as Readable, 'data');
  expect(String(answer)).toBe('{"kind":"ready"}\n');
  const pipes: readonly unknown[] = worker.stdio;
  (pipes[workerPipes.watch] as Socket).destroy();
  expect(await ended).toEqual([null, 'SIGKILL']);
});
