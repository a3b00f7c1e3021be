/**
 * A step's log: numbered, immutable chunks of JSON lines at `<outputPrefix>log.000001.jsonl`, each of at most 1 s or 256 KiB. A
 * reader asks for chunk n+1 until the result (or the node's record) names the last, so nobody lists the store. What a step
 * prints after its end (a timer it left) is in no log, or in that of the step that its worker executes by then.
 */
export interface LogLine {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly text: string;
  /** The line was not complete when the chunk was: it goes on in the next entry of the same stream. */
  readonly continues?: true;
  /** Of lines written through `context.log`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

export const maximumChunkBytes = 256 * 1024;
export const maximumChunkMs = 1000;
/** What says that it has more is not believed. */
export const maximumLogChunks = 10_000_000;

export function logChunkKey(outputPrefix: string, chunk: number): string {
  return `${outputPrefix}log.${String(chunk).padStart(6, '0')}.jsonl`;
}

export function resultKey(outputPrefix: string): string {
  return `${outputPrefix}result.json`;
}
