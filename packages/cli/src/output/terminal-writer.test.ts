import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { TerminalWriter } from './terminal-writer.ts';

async function show(...chunks: readonly Uint8Array[]) {
  const terminal = new PassThrough();
  const writer = new TerminalWriter(terminal);
  for (const chunk of chunks) writer.write(chunk);
  writer.end();
  await once(writer, 'finish');
  return { shown: String(terminal.read() ?? ''), isText: writer.isText };
}

test('a text is shown, also where chunks part its characters, and its last line is ended', async () => {
  const bytes = Buffer.from('naïve ✔');
  expect(await show(bytes.subarray(0, 3), bytes.subarray(3))).toEqual({ shown: 'naïve ✔\n', isText: true });
  expect(await show(Buffer.from('one\n'))).toEqual({ shown: 'one\n', isText: true });
  expect(await show()).toEqual({ shown: '', isText: true });
});

test('what a text says to the terminal is shown and not obeyed', async () => {
  expect((await show(Buffer.from('a\u001b[2Kb'))).shown).toBe('a␛[2Kb\n');
});

test('bytes that are no text are not shown', async () => {
  expect(await show(Uint8Array.of(1, 0, 2))).toEqual({ shown: '', isText: false });
  expect(await show(Uint8Array.of(0xff, 0xfe), Buffer.from('later'))).toEqual({ shown: '', isText: false });
});
