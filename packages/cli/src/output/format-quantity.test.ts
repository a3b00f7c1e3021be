import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatDuration } from './format-quantity.ts';

test.each([
  [0, '0ms'],
  [999, '999ms'],
  [1000, '1.0s'],
  [59_949, '59.9s'],
  [59_960, '1m 00s'],
  [3_599_600, '1h 00m'],
  [200 * 3_600_000, '8d 8h'],
])('%i ms is %s', (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [1024 ** 2 - 1, '1.0 MiB'],
  [5 * 1024 ** 3, '5.0 GiB'],
])('%i bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test('an age is told in its largest unit', () => {
  expect(
    [0, 59_000, 61_000, 7_200_000, 49 * 3_600_000].map((age) => formatAge(new Date(0).toISOString(), age)),
  ).toEqual(['just now', '59s ago', '1m ago', '2h ago', '2d ago']);
});
