/**
 * A thread of the worker process that user code can neither stop nor block: it waits for the end of a pipe whose other end the
 * parent holds. Only where there is no shell that can wait instead, which costs a fiftieth of it.
 */
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';
import { endOrphanedWorker } from './run/end-orphaned-worker.ts';

const { pipe, token } = workerData as { readonly pipe: number; readonly token: string };

const socket = new Socket({ fd: pipe, readable: true, writable: false });
socket.on('error', () => {});
socket.on('close', () => void endOrphanedWorker(token, process.pid, [process.pid]));
socket.resume();
