import { describe, expect, test } from 'vitest';
import { useEmulatedBucket } from './testing/use-emulated-bucket.ts';

describe('a server that ignores conditions and checksums', () => {
  const emulated = useEmulatedBucket();
  const large = new Uint8Array(6 * 1024 * 1024);

  test('is found out by doctor, which leaves nothing behind', async () => {
    const store = emulated.bucket.open();
    expect(await store.diagnose()).toMatchObject([
      { level: 'ok', subject: 'bucket' },
      { level: 'warning', subject: 'conditional writes', fix: expect.stringContaining('AWS S3') },
      { level: 'warning', subject: 'checksums' },
    ]);
    expect(await emulated.bucket.keys()).toEqual([]);
  });

  test('is never trusted with a write that must not overwrite', async () => {
    const store = emulated.bucket.open({ partSizeMiB: 5 });
    await store.write('taken', new TextEncoder().encode('first'));
    for (const body of [new Uint8Array(1), large])
      for (const key of ['taken', 'free']) {
        const writing = store.write(key, body, { ifAbsent: true });
        await expect(writing).rejects.toThrow(/ignores If-None-Match/);
      }
    expect(await emulated.bucket.keys()).toEqual(['taken']);
    expect((await store.stat('taken'))?.size).toBe(5);
  });

  test('is not asked again by a store elsewhere, which is told what was found out', async () => {
    const known = await emulated.bucket.open().remoteConfig();
    const elsewhere = emulated.bucket.open({ ...known, endpoint: 'http://127.0.0.1:1', retrySeconds: 0 });
    const writing = elsewhere.write('free', new Uint8Array(1), { ifAbsent: true });
    await expect(writing).rejects.toThrow(/ignores If-None-Match/);
  });

  test('takes what may be replaced', async () => {
    const store = emulated.bucket.open();
    await store.write('replaced', large);
    await store.write('replaced', new Uint8Array(1));
    expect((await store.stat('replaced'))?.size).toBe(1);
  });
});
