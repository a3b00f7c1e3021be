import { expect, test } from 'vitest';
import { toErrorRecord } from './error-record.ts';
import type { ErrorRecord } from './step-result.ts';

const messagesOf = (record: ErrorRecord | undefined): string[] =>
  record === undefined ? [] : [record.message, ...messagesOf(record.cause)];

test('a chain of causes ends after ten, and where it comes back to itself', () => {
  let long: unknown = 'the first';
  for (let level = 0; level < 2000; level++) long = new Error(`level ${level}`, { cause: long });
  expect(messagesOf(toErrorRecord(long))).toHaveLength(11);
  const own = new Error('own');
  own.cause = own;
  expect(messagesOf(toErrorRecord(own))).toEqual(['own']);
  const [one, other] = [new Error('one'), new Error('other')];
  one.cause = other;
  other.cause = one;
  expect(messagesOf(toErrorRecord(one))).toEqual(['one', 'other']);
});

test('several errors in one are named', () => {
  const errors = Array.from({ length: 7 }, (_, index) => (index === 0 ? 'text' : new RangeError(`number ${index}`)));
  expect(toErrorRecord(new AggregateError(errors, 'all failed')).message).toBe(`all failed
- "text"
- RangeError: number 1
- RangeError: number 2
- RangeError: number 3
- RangeError: number 4
- and 2 more`);
});

test('what is thrown need not be an error', () => {
  const thrown = ['text', undefined, null, 5n, Object.create(null), Symbol('x')];
  expect(thrown.map((value) => toErrorRecord(value).message)).toEqual([
    'text',
    'undefined',
    'null',
    '[object BigInt]',
    '{}',
    'Symbol(x)',
  ]);
});
