import { expect, test } from 'vitest';
import { formatErrorRecord } from './format-error-record.ts';

test('an error that says nothing is shown by its name', () => {
  expect(formatErrorRecord({ name: 'Error', message: '' })).toEqual(['  Error']);
  expect(formatErrorRecord({ name: 'TypeError', message: '', cause: { name: 'Error', message: 'why' } })).toEqual([
    '  TypeError',
    '  caused by why',
  ]);
});
