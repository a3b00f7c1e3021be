import { expect, test } from 'vitest';
import { ValueNotStorableError } from '../../errors/artifact-errors.ts';
import { jsonText } from './json-text.ts';

test('texts that make no string together are refused as too long', () => {
  const text = 'x'.repeat(40_000_000);
  expect(() => [...jsonText(Array(16).fill(text))]).toThrow(ValueNotStorableError);
});
