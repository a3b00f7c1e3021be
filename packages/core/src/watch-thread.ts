/**
 * A thread of the worker process that user code can neither stop nor block: it waits for the end of a pipe whose other end the
 * parent holds, and ends the process with all that its steps started when the parent is dead.
 */
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { endProcessesOfWorkers, killProcessGroup } from './run/process-tree.ts';
import { workerTemporaryDirectory } from './run/step-temporary-directory.ts';

const { pipe, token } = workerData as { readonly pipe: number; readonly token: string };

const socket = new Socket({ fd: pipe, readable: true, writable: false });
socket.on('error', () => {});
socket.on('close', async () => {
  // Those in sessions of their own first: with the group this process ends itself.
  await endProcessesOfWorkers(new Set([token]), { except: process.pid, rounds: 50 });
  rmSync(workerTemporaryDirectory(token), { recursive: true, force: true });
  killProcessGroup(process.pid);
  process.kill(process.pid, 'SIGKILL');
});
socket.resume();
