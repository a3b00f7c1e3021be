/** Core for steps on another machine, where all of it is one file: each file costs each step's process a part of a millisecond. */
// biome-ignore lint/performance/noReExportAll: what bundles import.
export * from './index.ts';
// biome-ignore lint/performance/noReExportAll: what flavors import.
export * from './lazy-flavor.ts';

/** Makes this process a worker. */
export async function startWorker(): Promise<void> {
  await import('./worker-main.ts');
}
