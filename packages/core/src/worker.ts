/** For hosts that start a worker before they load `@mlstack/core/project`, which takes about as long: loads next to nothing. */
export { WorkerProcess } from './run/worker-process.ts';
