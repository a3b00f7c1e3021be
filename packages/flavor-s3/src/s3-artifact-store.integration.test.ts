import { randomUUID } from 'node:crypto';
import { artifactStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import { afterAll, beforeAll, describe } from 'vitest';
import { realEndpoint, TestBucket } from './testing/test-bucket.ts';

describe.skipIf(realEndpoint === undefined)('on a real S3 server (MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  beforeAll(async () => {
    await bucket.create();
  });
  afterAll(() => bucket.remove());

  const places = [
    { title: 'with a whole bucket', path: '' },
    { title: 'with a prefix of odd characters', path: '/team a/ü+%2F/x//y?z#' },
    // No URL can hold it.
    { title: 'with a prefix that has dots for a segment', path: '/a/../.', presignedUrls: false },
  ];
  for (const { title, path, presignedUrls = true } of places) {
    describe(title, () => {
      const open = () => bucket.open({ path: `s3://${bucket.name}${path}`, partSizeMiB: 5 });
      describeConformance(artifactStoreSuite, {
        create: () => ({
          store: open(),
          capabilities: { supportedSchemes: ['s3'], reach: 'network' as const, presignedUrls },
          prefix: `${randomUUID()}/`,
          open: async () => open(),
        }),
      });
    });
  }
});
