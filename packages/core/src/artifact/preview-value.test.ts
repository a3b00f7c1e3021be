import { expect, test } from 'vitest';
import { previewValue } from './preview-value.ts';

test.each<[value: unknown, preview: string]>([
  ['short', '"short"'],
  ['two\nlines', 'text, 9 characters'],
  [12n, '12n'],
  [[1, 'a', null], '[1, "a", null]'],
  [[{ x: 1 }], 'Array(1)'],
  [new Float32Array(3), 'Float32Array(3)'],
  [
    { at: new Date(0), seen: new Set(['a']), names: new Map(), inner: { x: 1 }, none: null },
    '{at: 1970-01-01T00:00:00.000Z, seen: Set(1), names: Map(0), inner: {…}, none: null}',
  ],
  [{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7 }, '{a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, …}'],
])('%o reads as %s', (value, preview) => expect(previewValue(value)).toBe(preview));
