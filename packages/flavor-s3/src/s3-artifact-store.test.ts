import { randomUUID } from 'node:crypto';
import { artifactStoreSuite } from '@mlstack/conformance';
import { describeConformance } from '@mlstack/conformance/vitest';
import { describe } from 'vitest';
import { useEmulatedBucket } from './testing/use-emulated-bucket.ts';

describe('on an S3 server from npm', () => {
  const emulated = useEmulatedBucket();
  const open = () => emulated.bucket.open({ path: `s3://${emulated.bucket.name}/prefix`, partSizeMiB: 5 });
  const ignoresConditions = 'the server ignores conditions, and is refused';
  describeConformance(artifactStoreSuite, {
    create: () => ({
      store: open(),
      capabilities: { supportedSchemes: ['s3'], reach: 'network' as const, presignedUrls: true },
      prefix: `${randomUUID()}/`,
      open: async () => open(),
    }),
    skip: {
      'creates-if-absent-only-where-nothing-is': ignoresConditions,
      'lets-one-of-many-writers-at-once-create': ignoresConditions,
      'takes-the-longest-keys': ignoresConditions,
      'lists-in-byte-order-of-keys': 'the server sorts as people do',
    },
  });
});
