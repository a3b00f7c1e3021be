import { expect, test } from 'vitest';
import { MarkedOutput } from './marked-output.ts';
import { formatMarker } from './worker-protocol.ts';

const token = 'token';
const text = [
  'größer ',
  '\0mlstack other 7\n',
  '\0',
  formatMarker(token, 7),
  'late',
  formatMarker(token, 8),
  formatMarker(token, 9),
  '\0mlst',
].join('');

function takeApart(chunks: readonly Buffer[]) {
  const seen: (string | number)[] = [''];
  const output = new MarkedOutput(token, {
    text: (part) => seen.push(`${seen.pop()}${part}`),
    marker: (id) => seen.push(id, ''),
  });
  for (const chunk of chunks) output.push(chunk);
  output.end();
  return seen;
}

test('output is taken apart alike wherever its chunks end', () => {
  const bytes = Buffer.from(text);
  const whole = takeApart([bytes]);
  expect(whole).toEqual(['größer \0mlstack other 7\n\0', 7, 'late', 8, '', 9, '\0mlst']);
  for (let size = 1; size < bytes.length; size += 1) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    expect(takeApart(chunks)).toEqual(whole);
  }
});
