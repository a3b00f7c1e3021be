import type { WorkerProcess } from '@mlstack/core/worker';

let early: WorkerProcess | undefined;

/** A worker takes about as long to start as this program takes to load what runs a pipeline: the two happen at once. */
export async function startEarlyWorker(): Promise<void> {
  const { WorkerProcess } = await import('@mlstack/core/worker');
  early = new WorkerProcess();
}

/** Whoever takes it ends it. */
export function takeEarlyWorker(): WorkerProcess | undefined {
  const worker = early;
  early = undefined;
  return worker;
}

/** Where nobody took it. */
export async function endEarlyWorker(): Promise<void> {
  await takeEarlyWorker()?.kill();
}
