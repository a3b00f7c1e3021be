/** The program that is started when the parent of a worker has died; the worker's id is its argument. */
import { endOrphanedWorker } from './run/end-orphaned-worker.ts';
import { workerTokenVariable } from './run/worker-protocol.ts';

const { env, argv, pid, ppid } = process;
await endOrphanedWorker(env[workerTokenVariable] ?? '', Number(argv[2]), [pid, ppid]);
