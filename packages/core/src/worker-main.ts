/** The program of a worker process: compiles pipelines and executes their steps, one job at a time. */
import { keepCompiledCode } from './keep-compiled-code.ts';
import { programFile } from './run/program-file.ts';
import { watchItself, workerPipes, workerTokenVariable } from './run/worker-protocol.ts';

keepCompiledCode();
const { serveWorker } = await import('./run/serve-worker.ts');
serveWorker();
if (process.argv.includes(watchItself)) {
  const { Worker } = await import('node:worker_threads');
  const token = process.env[workerTokenVariable] ?? '';
  new Worker(programFile('watch-thread'), { workerData: { pipe: workerPipes.watch, token } }).unref();
}
