import { expect, test } from 'vitest';
import { formatS3Uri, parseS3Uri, showKey } from './s3-uri.ts';

const oddKeys = [
  'a b',
  'ü',
  '😀',
  '..',
  'a/../b',
  '/',
  '//',
  'a//b',
  '/a',
  'a/',
  '%2F',
  '+',
  '?q#f',
  '-',
  'k'.repeat(1024),
];

test.each(oddKeys)('the key %j is taken as it is', (key) => {
  const uri = parseS3Uri(`s3://bucket/${key}`);
  expect(uri).toEqual({ bucket: 'bucket', key });
  expect(formatS3Uri(uri)).toBe(`s3://bucket/${key}`);
});

test('a bucket alone is all that is in it', () => {
  expect(parseS3Uri('s3://bucket')).toEqual({ bucket: 'bucket', key: '' });
});

test('keys that would not stay on their line are shown in quotes', () => {
  expect(showKey('a\nb')).toBe('"a\\nb"');
  expect(showKey('a\u001b[2Jb')).toBe('"a\\u001b[2Jb"');
  expect(showKey('a\u202eb')).toBe('"a\\u202eb"');
  expect(showKey('a\u0085b')).toBe('"a\\u0085b"');
});

test.each([
  ['bucket/key', 'not of the form'],
  ['s3://Bucket/key', 'not of the form'],
  ['s3:///key', 'not of the form'],
  [`s3://bucket/${'ü'.repeat(513)}`, 'more than 1024 bytes'],
  ['s3://bucket/\ud800', 'no Unicode text'],
])('%j is refused with the reason', (text, reason) => {
  expect(() => parseS3Uri(text)).toThrow(reason);
});
