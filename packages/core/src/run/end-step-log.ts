import type { ArtifactStore } from '../component/artifact-store.ts';
import type { SecretValues } from '../secret/redact.ts';
import type { LogLine } from './step-log.ts';
import { logChunkKey, maximumLogChunks } from './step-log.ts';

/** Said before lines that were not stored by who ran the step. */
export const tailNotice = 'mlstack: nobody ended this log; what follows was read from where the step ran';
/** Said where lines between may be missing. */
export const gapNotice = `${tailNotice}, and lines before it may be missing`;

/**
 * Ends the log of an execution that can no longer do so itself: stores what of its last output is not in it yet.
 *
 * @param tail what its program printed last: entries of the log, as JSON, and lines of any other kind.
 * @returns the number of chunks.
 */
export async function endStepLog(
  store: ArtifactStore,
  outputPrefix: string,
  tail: string,
  secrets: SecretValues,
): Promise<number> {
  const chunks = await countChunks(store, outputPrefix);
  const printed = tail.split('\n').filter((line) => line.trim() !== '');
  const stored = chunks === 0 ? [] : await readLines(store, logChunkKey(outputPrefix, chunks));
  const known = printed.lastIndexOf(stored.at(-1) ?? '');
  const rest = printed.slice(known + 1);
  if (rest.length === 0) return chunks;
  const entries = rest.map(parseEntry);
  const [{ time }] = entries as [LogLine];
  const text = chunks > 0 && known === -1 ? gapNotice : tailNotice;
  const lines = [{ time, stream: 'log', level: 'warn', text } satisfies LogLine, ...entries];
  const body = lines.map((line) => `${JSON.stringify({ ...line, text: secrets.redact(line.text) })}\n`).join('');
  await store.write(logChunkKey(outputPrefix, chunks + 1), Buffer.from(body), { ifAbsent: true });
  return chunks + 1;
}

/** They are numbered without gaps. */
async function countChunks(store: ArtifactStore, outputPrefix: string): Promise<number> {
  const isThere = async (chunk: number) => (await store.stat(logChunkKey(outputPrefix, chunk))) !== undefined;
  let [there, missing] = [0, 1];
  while (missing <= maximumLogChunks && (await isThere(missing))) [there, missing] = [missing, missing * 2];
  while (missing - there > 1) {
    const middle = Math.floor((there + missing) / 2);
    if (await isThere(middle)) there = middle;
    else missing = middle;
  }
  return there;
}

async function readLines(store: ArtifactStore, key: string): Promise<string[]> {
  const parts: Uint8Array[] = [];
  for await (const part of store.read(key)) parts.push(part);
  const lines = Buffer.concat(parts).toString('utf8').split('\n');
  return lines.filter((line) => line !== '');
}

function parseEntry(line: string): LogLine {
  try {
    const { time, stream, text, continues, level } = JSON.parse(line) as Partial<LogLine>;
    if (typeof text === 'string' && isStream(stream) && !Number.isNaN(Date.parse(time ?? ''))) {
      return {
        time: time as string,
        stream,
        text,
        ...(continues === true ? { continues } : {}),
        ...(isLevel(level) ? { level } : {}),
      };
    }
  } catch {
    // It is none.
  }
  return { time: new Date().toISOString(), stream: 'stderr', text: line };
}

function isStream(value: unknown): value is LogLine['stream'] {
  return value === 'stdout' || value === 'stderr' || value === 'log';
}

function isLevel(value: unknown): value is NonNullable<LogLine['level']> {
  return value === 'debug' || value === 'info' || value === 'warn' || value === 'error';
}
