import { setTimeout as delay } from 'node:timers/promises';
import type { ArtifactStore } from '../component/artifact-store.ts';
import type { LogLine } from './step-log.ts';
import { logChunkKey } from './step-log.ts';

export interface ReadStepLogOptions {
  /**
   * Asked before each wait: the number of chunks once the execution is over, `undefined` while it goes on. Without it, what is there
   * now is read.
   */
  readonly lastChunk?: () => Promise<number | undefined>;
  /** Between two looks for a chunk that is not there yet, in milliseconds. Default 500. */
  readonly pollMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The log of one execution, from its first line. Chunks that were deleted since are left out where the last one is known.
 *
 * @throws the signal's reason, when it is aborted.
 */
export async function* readStepLog(
  store: ArtifactStore,
  outputPrefix: string,
  { lastChunk, pollMs = 500, signal }: ReadStepLogOptions = {},
): AsyncGenerator<LogLine> {
  let last: number | undefined;
  for (let chunk = 1; last === undefined || chunk <= last; ) {
    signal?.throwIfAborted();
    const lines = await readChunk(store, logChunkKey(outputPrefix, chunk), signal);
    if (lines !== undefined || last !== undefined) {
      yield* lines ?? [];
      chunk += 1;
      continue;
    }
    if (lastChunk === undefined) return;
    last = await lastChunk();
    if (last === undefined) await delay(pollMs, undefined, signal === undefined ? {} : { signal });
  }
}

async function readChunk(store: ArtifactStore, key: string, signal?: AbortSignal): Promise<LogLine[] | undefined> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of store.read(key, signal === undefined ? {} : { signal })) parts.push(part);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'OBJECT_NOT_FOUND') return undefined;
    throw error;
  }
  const lines = Buffer.concat(parts).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as LogLine);
}
