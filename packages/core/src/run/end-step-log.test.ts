import { expect, test } from 'vitest';
import { SecretValues } from '../secret/redact.ts';
import { endStepLog, gapNotice, tailNotice } from './end-step-log.ts';
import { MemoryArtifactStore } from './fixtures/memory-artifact-store.ts';
import { readStepLog } from './read-step-log.ts';
import { logChunkKey } from './step-log.ts';
import { StepLogWriter } from './write-step-log.ts';

const prefix = 'm/runs/r/step.1.';

/** A log of so many chunks that nobody has ended, and all that its program has printed. */
async function abandon(texts: readonly string[], storedChunks: number) {
  const store = new MemoryArtifactStore();
  let printed = '';
  const print = (line: string) => {
    printed += line;
  };
  for (const [index, text] of texts.entries()) {
    const chunk = new MemoryArtifactStore();
    const writer = new StepLogWriter(chunk, prefix, new SecretValues(), print);
    void writer.print('stdout', `${text}\n`);
    await writer.end();
    const object = chunk.objects.get(logChunkKey(prefix, 1));
    if (index < storedChunks && object !== undefined) store.objects.set(logChunkKey(prefix, index + 1), object);
  }
  return { store, printed };
}

async function textsOf(store: MemoryArtifactStore, lastChunk: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of readStepLog(store, prefix, { lastChunk: async () => lastChunk })) texts.push(text);
  return texts;
}

const texts = Array.from({ length: 9 }, (_, index) => `line ${index + 1}`);

test.each([0, 1, 2, 3, 6, 8])('of a log with %i chunks the rest is added, and nothing twice', async (stored) => {
  const { store, printed } = await abandon(texts, stored);
  const chunks = await endStepLog(store, prefix, printed, new SecretValues());
  expect(chunks).toBe(stored + 1);
  expect(await textsOf(store, chunks)).toEqual([...texts.slice(0, stored), tailNotice, ...texts.slice(stored)]);
});

test('a log that has all of it stays as it is, and its chunks are counted', async () => {
  const { store, printed } = await abandon(texts, 9);
  const before = new Map(store.objects);
  expect(await endStepLog(store, prefix, printed, new SecretValues())).toBe(9);
  expect(await endStepLog(store, prefix, '', new SecretValues())).toBe(9);
  expect(store.objects).toEqual(before);
});

test('where the last that is stored is not among what was printed last, lines may be missing, and that is said', async () => {
  const { store, printed } = await abandon(texts, 2);
  const tail = printed.split('\n').slice(-3).join('\n');
  const chunks = await endStepLog(store, prefix, tail, new SecretValues());
  expect(await textsOf(store, chunks)).toEqual(['line 1', 'line 2', gapNotice, 'line 8', 'line 9']);
});

test('what is no entry is kept as it was printed, and without secrets', async () => {
  const { store } = await abandon([], 0);
  const secrets = new SecretValues();
  secrets.add('very-secret');
  const tail =
    'FATAL ERROR: heap out of memory\n{"text":1}\n{"time":"x","stream":"stdout","text":"y"}\nkey very-secret\n';
  await endStepLog(store, prefix, tail, secrets);
  expect((await textsOf(store, 1)).slice(1)).toEqual([
    'FATAL ERROR: heap out of memory',
    '{"text":1}',
    '{"time":"x","stream":"stdout","text":"y"}',
    'key ***',
  ]);
});
