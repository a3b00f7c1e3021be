import { afterAll, beforeAll } from 'vitest';
import { EmulatedServer } from './emulated-server.ts';
import { TestBucket } from './test-bucket.ts';

/** For the tests of a file: a bucket on a server from npm, which is there once they run. */
export function useEmulatedBucket(): { readonly server: EmulatedServer; readonly bucket: TestBucket } {
  const server = new EmulatedServer();
  let bucket: TestBucket | undefined;
  beforeAll(async () => {
    await server.listen();
    bucket = await new TestBucket(server.config).create();
  });
  afterAll(async () => {
    await bucket?.remove();
    await server.close();
  });
  return {
    server,
    get bucket() {
      if (bucket === undefined) throw new Error('It is there once tests run.');
      return bucket;
    },
  };
}
