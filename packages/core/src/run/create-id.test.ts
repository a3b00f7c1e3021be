import { expect, test } from 'vitest';
import { createId } from './create-id.ts';

test('an id is made of characters that every key, label and file name takes', () => {
  expect(createId()).toMatch(/^[0-9a-z]{20}$/);
});

test('ids of later milliseconds sort after earlier ones', () => {
  const ids = [0, 31, 32, 1023, 1024, Date.now(), Date.now() + 1].map((time) => createId(time));
  expect([...ids].sort()).toEqual(ids);
});

test('ids of one millisecond differ', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => createId(1)))).toHaveLength(10_000);
});
