import { expect, test } from 'vitest';
import { MarkedOutput } from './marked-output.ts';
import { formatMarker } from './worker-protocol.ts';

const token = 'token';
const text = [
  'stray',
  formatMarker(token, 'begin', 7),
  'größer ',
  '\0mlstack other end 7\n',
  '\0',
  formatMarker(token, 'end', 7),
  'late',
  formatMarker(token, 'begin', 8),
  formatMarker(token, 'end', 8),
  '\0mlst',
].join('');

function takeApart(chunks: readonly Buffer[]) {
  const seen: string[] = [];
  const texts = new Map<number | undefined, string>();
  const output = new MarkedOutput(token, {
    text: (part, id) => texts.set(id, (texts.get(id) ?? '') + part),
    marker: (kind, id) => seen.push(`${kind} ${id}`),
  });
  for (const chunk of chunks) output.push(chunk);
  output.end();
  return { seen, texts: Object.fromEntries([...texts].map(([id, part]) => [String(id), part])) };
}

test('output is taken apart alike wherever its chunks end', () => {
  const bytes = Buffer.from(text);
  const whole = takeApart([bytes]);
  expect(whole.seen).toEqual(['begin 7', 'end 7', 'begin 8', 'end 8']);
  expect(whole.texts).toEqual({ 7: 'größer \0mlstack other end 7\n\0', undefined: 'straylate\0mlst' });
  for (let size = 1; size < bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(takeApart(chunks)).toEqual(whole);
  }
});
