import { expect, test } from 'vitest';
import { parseCopy } from './parse-copy.ts';

const parse = (from: string, to: string, { isRecursive = false, isJson = false } = {}) =>
  parseCopy({ from, to, isRecursive, isJson });

test('the place on S3 decides the direction', () => {
  expect(parse('a', 's3://bucket/b')).toMatchObject({ direction: 'upload', local: 'a', remote: { key: 'b' } });
  expect(parse('s3://bucket/b', 'a')).toMatchObject({ direction: 'download', local: 'a', remote: { key: 'b' } });
});

test.each([
  ['a', 'b', {}, 'Neither place is on S3'],
  ['s3://bucket/a', 's3://bucket/b', {}, 'Both places are on S3'],
  ['-', 's3://bucket/folder/', {}, 'has no name'],
  ['-', 's3://bucket/a', { isRecursive: true }, 'through one stream'],
  ['s3://bucket/a', '-', { isJson: true }, 'With --json'],
  ['s3://bucket/folder/', 'a', {}, 'names no object'],
])('%s to %s %j is refused', (from, to, options, reason) => {
  expect(() => parse(from, to, options)).toThrow(reason);
});
