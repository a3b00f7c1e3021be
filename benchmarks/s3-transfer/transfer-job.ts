import { once } from 'node:events';
import { writeSync } from 'node:fs';

/** What a contender is told, as its only argument, in JSON. */
export interface TransferJob {
  readonly endpoint: string;
  readonly bucket: string;
  /** Of all keys; ends in `/`. */
  readonly prefix: string;
  readonly direction: 'upload' | 'download';
  /** Names of files in `directory`, and of objects below `prefix`. */
  readonly names: readonly string[];
  readonly directory: string;
  /** How many files are under way at once. */
  readonly transfers: number;
}

/** What a contender prints at its end. */
export interface TransferReport {
  /** KiB, after one small request and before the work. */
  readonly idleMemory: number;
  /** KiB, the highest of the whole process. */
  readonly peakMemory: number;
}

/** Does a job's files at its concurrency, and prints the report. `warm` makes one small request. */
export async function runTransferJob(
  warm: (job: TransferJob) => Promise<unknown>,
  transfer: (job: TransferJob, name: string) => Promise<unknown>,
): Promise<void> {
  const [argument] = process.argv.slice(2);
  const job = JSON.parse(argument ?? '') as TransferJob;
  await warm(job);
  const idleMemory = process.memoryUsage.rss() / 1024;
  const names = job.names.values();
  await Promise.all(
    Array.from({ length: job.transfers }, async () => {
      for (const name of names) await transfer(job, name);
    }),
  );
  const report: TransferReport = { idleMemory, peakMemory: process.resourceUsage().maxRSS };
  writeSync(1, JSON.stringify(report));
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}
