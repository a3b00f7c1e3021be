import { expect, onTestFinished, test, vi } from 'vitest';
import { ArtifactStoreError } from '../errors/artifact-store-errors.ts';
import { SecretValues } from '../secret/redact.ts';
import { MemoryArtifactStore } from './fixtures/memory-artifact-store.ts';
import { readStepLog } from './read-step-log.ts';
import type { LogLine } from './step-log.ts';
import { maximumChunkBytes } from './step-log.ts';
import { StepLogWriter } from './write-step-log.ts';

const prefix = 'm/runs/r/step.1.';

class SlowArtifactStore extends MemoryArtifactStore {
  override async write(...args: Parameters<MemoryArtifactStore['write']>) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return await super.write(...args);
  }
}

async function readAll(store: MemoryArtifactStore, options?: Parameters<typeof readStepLog>[2]) {
  const lines: LogLine[] = [];
  for await (const line of readStepLog(store, prefix, options)) lines.push(line);
  return lines;
}

test('lines come back in order, with stream and level', async () => {
  const store = new MemoryArtifactStore();
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  writer.print('stdout', 'one\ntw');
  writer.print('stderr', 'problem\r\n');
  writer.log({ time: '2026-01-01T00:00:00.000Z', stream: 'log', level: 'warn', text: 'careful' });
  writer.print('stdout', 'o\n');
  expect(await writer.end()).toBe(1);
  expect(await readAll(store)).toMatchObject([
    { stream: 'stdout', text: 'one' },
    { stream: 'stderr', text: 'problem' },
    { stream: 'log', level: 'warn', text: 'careful' },
    { stream: 'stdout', text: 'two' },
  ]);
});

test('where the store could not take some of it for a while, the log ends with how much is missing and why', async () => {
  const store = new MemoryArtifactStore();
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  const write = store.write.bind(store);
  writer.print('stdout', `first\n${'x'.repeat(maximumChunkBytes)}\n`);
  while (store.objects.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  let refusals = 0;
  store.write = async () => {
    refusals++;
    throw new ArtifactStoreError('full', 'write it', { reason: 'no space is left on its disk' });
  };
  for (let line = 0; line < 3; line++) writer.print('stdout', `${'y'.repeat(maximumChunkBytes / 2)}\n`);
  while (refusals < 3) await new Promise((resolve) => setTimeout(resolve, 20));
  writer.print('stdout', 'late\n');
  store.write = write;
  const chunks = await writer.end();
  const lines = await readAll(store, { lastChunk: async () => chunks });
  expect(lines[0]).toMatchObject({ text: 'first' });
  expect(lines.at(-1)).toMatchObject({
    stream: 'log',
    level: 'warn',
    text: expect.stringMatching(
      /^[0-9]+ lines of this log are missing here: Artifact store "full" could not write it: no space is left on its disk$/,
    ),
  });
  expect(lines.some(({ text }) => text === 'late')).toBe(false);
});

test('nothing said is nothing stored', async () => {
  const store = new MemoryArtifactStore();
  expect(await new StepLogWriter(store, prefix, new SecretValues()).end()).toBe(0);
  expect(store.objects.size).toBe(0);
});

test('a line that takes longer than a second is shown as far as it goes', async () => {
  const store = new MemoryArtifactStore();
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  writer.print('stdout', 'working');
  while (store.objects.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await readAll(store)).toMatchObject([{ text: 'working', continues: true }]);
  writer.print('stdout', ' done\n');
  expect(await writer.end()).toBe(2);
  expect(await readAll(store)).toMatchObject([{ text: 'working', continues: true }, { text: ' done' }]);
});

test.each(['stdout', 'log'] as const)(
  'who says more than the store takes is held back, and nothing is lost: %s',
  async (stream) => {
    const store = new SlowArtifactStore();
    const writer = new StepLogWriter(store, prefix, new SecretValues());
    let held = 0;
    for (let line = 0; line < 2000; line += 1) {
      const text = `${line} ${'x'.repeat(4000)}`;
      const caughtUp =
        stream === 'stdout'
          ? writer.print(stream, `${text}\n`)
          : writer.log({ time: new Date().toISOString(), stream, level: 'info', text });
      if (caughtUp !== undefined) held += 1;
      await caughtUp;
    }
    const chunks = await writer.end();
    expect(held).toBeGreaterThan(0);
    expect(chunks).toBe(store.objects.size);
    for (const { body } of store.objects.values()) expect(body.byteLength).toBeLessThanOrEqual(maximumChunkBytes);
    const lines = await readAll(store, { lastChunk: async () => chunks });
    expect(lines.map(({ text }) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 2000 }, (_, line) => line));
  },
);

test('a store that fails ends the log and not the step', async () => {
  const store = new MemoryArtifactStore();
  for (let attempt = 0; attempt < 4; attempt += 1) store.failures.push(new Error('disk full'));
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  writer.print('stdout', 'lost\n');
  expect(await writer.end()).toBe(0);
  expect(store.objects.size).toBe(0);
});

test('a store that takes its time to fail is asked once, and once more at the end', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const store = new MemoryArtifactStore();
  let asked = 0;
  store.write = async () => {
    asked++;
    await new Promise((resolve) => setTimeout(resolve, 120_000));
    throw new Error('out of reach');
  };
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  writer.print('stdout', 'lost\n');
  const ending = writer.end();
  await vi.advanceTimersByTimeAsync(600_000);
  expect(await ending).toBe(0);
  expect(asked).toBe(2);
});

test('a store that fails for a moment loses nothing', async () => {
  const store = new MemoryArtifactStore();
  store.failures.push(new Error('busy'));
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  writer.print('stdout', 'kept\n');
  expect(await writer.end()).toBe(1);
  expect(await readAll(store)).toMatchObject([{ text: 'kept' }]);
});

test('a reader that follows sees each chunk once and stops at the last', async () => {
  const store = new MemoryArtifactStore();
  const writer = new StepLogWriter(store, prefix, new SecretValues());
  let last: number | undefined;
  const reading = readAll(store, { lastChunk: async () => last, pollMs: 5 });
  writer.print('stdout', 'first\n');
  while (store.objects.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  writer.print('stdout', 'second\n');
  last = await writer.end();
  expect((await reading).map(({ text }) => text)).toEqual(['first', 'second']);
});

test('a reader that is aborted stops with the reason', async () => {
  const abort = new AbortController();
  const reading = readAll(new MemoryArtifactStore(), { lastChunk: async () => undefined, signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow(/enough|aborted/);
});
