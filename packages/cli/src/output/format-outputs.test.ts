import { expect, test } from 'vitest';
import { formatOutputs } from './format-outputs.ts';

test('the outputs of a step stay on a line that can be read, however many there are', () => {
  expect(formatOutputs({ output: '[1, 2]' })).toBe('[1, 2]');
  expect(formatOutputs({ train: '1', test: '2' })).toBe('train: 1  test: 2');
  const many = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`o${index}`, '1']));
  expect(formatOutputs(many)).toMatch(/^o0: 1 {2}.* {2}o11: 1 {2}and 1988 more$/);
});
