import { setTimeout as sleep } from 'node:timers/promises';
import type { ArtifactStore } from '../component/artifact-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { maximumResultBytes } from './parse-step-result.ts';
import { resultKey } from './step-log.ts';

export interface ReadResultOptions {
  readonly signal: AbortSignal;
  /** How long a store that fails is asked again. Time in which this machine slept does not count. */
  readonly patienceMs: number;
  /** Told once, when the store begins to fail. */
  readonly onTrouble: (error: unknown) => void;
}

const firstDelayMs = 200;
const longestDelayMs = 10_000;
/** What one try counts for at most, in milliseconds. */
const longestTryMs = 60_000;

/**
 * The bytes of the result that an execution published, or undefined where there is none. Stops reading past the limit, so that
 * parsing refuses it. A store that fails is asked again until patience runs out; then its error is thrown.
 */
export async function readStepResult(
  store: ArtifactStore,
  outputPrefix: string,
  { signal, patienceMs, onTrouble }: ReadResultOptions,
): Promise<Uint8Array | undefined> {
  let spentMs = 0;
  for (let delayMs = firstDelayMs; ; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
    const begin = Date.now();
    try {
      return await readLimited(store, resultKey(outputPrefix), signal);
    } catch (error) {
      if (MlstackError.is(error) && error.code === 'OBJECT_NOT_FOUND') return undefined;
      spentMs += delayMs + Math.min(Date.now() - begin, longestTryMs);
      if (signal.aborted || spentMs > patienceMs) throw error;
      if (delayMs === firstDelayMs) onTrouble(error);
      await sleep(delayMs, undefined, { signal });
    }
  }
}

async function readLimited(store: ArtifactStore, key: string, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of store.read(key, { signal, range: { start: 0, end: maximumResultBytes + 1 } })) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maximumResultBytes) break;
  }
  return Buffer.concat(chunks);
}
