import { expect, test } from 'vitest';
import { s3Config } from './artifact-store.ts';
import { parseS3Address } from './s3-address.ts';

test.each([
  ['s3://bucket', ''],
  ['s3://bucket/', ''],
  ['s3://bucket/a', 'a/'],
  ['s3://bucket/a/b/', 'a/b/'],
  ['s3://bucket/a//', 'a/'],
  ['s3://bucket/ü b/../%2F', 'ü b/../%2F/'],
  ['s3://bucket/line\nbreak', 'line\nbreak/'],
])('%j has the prefix %j', (path, prefix) => {
  expect(parseS3Address(s3Config().parse({ path }).path)).toEqual({ bucket: 'bucket', prefix });
});

test.each(['bucket/a', 's3:/bucket', 's3://', 's3:///a', 's3://Bucket', 's3://b', 's3://-bucket', 's3://bucket/a\0'])(
  '%j is refused',
  (path) => {
    const { error } = s3Config().safeParse({ path });
    expect(error?.issues).toMatchObject([{ path: ['path'], message: 'must be s3://bucket or s3://bucket/prefix' }]);
  },
);
