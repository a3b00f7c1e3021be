import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FaultyProxy } from './testing/faulty-proxy.ts';
import { useEmulatedBucket } from './testing/use-emulated-bucket.ts';
import { maximumParts } from './upload-parts.ts';

const gibibyte = 1024 ** 3;

describe('parts of large objects', () => {
  const emulated = useEmulatedBucket();
  let proxy: FaultyProxy;
  beforeAll(async () => {
    proxy = await new FaultyProxy(emulated.server.config.endpoint).listen();
  });
  afterAll(() => proxy.close());

  async function* endless(): AsyncGenerator<Uint8Array> {
    const chunk = new Uint8Array(4 * 1024 * 1024);
    for (;;) yield chunk;
  }
  /** Sends as much as the first parts want, and aborts. */
  async function partLengths(size: number): Promise<number[]> {
    const aborted = new AbortController();
    const lengths: number[] = [];
    proxy.fault = ({ method, url, headers }) => {
      if (method === 'PUT' && url.includes('partNumber=')) lengths.push(Number(headers['content-length']));
      if (lengths.length === 2) aborted.abort();
      return undefined;
    };
    const store = emulated.bucket.open({ endpoint: proxy.endpoint, partSizeMiB: 5, concurrency: 1 });
    await expect(store.write('large', endless(), { size, signal: aborted.signal })).rejects.toThrow('aborted');
    return lengths;
  }

  test('are of the size that is set while 10,000 of them are enough', async () => {
    expect(await partLengths(5 * gibibyte + 1)).toEqual([5 * 1024 ** 2, 5 * 1024 ** 2]);
  });

  test('grow where the announced length would need more', async () => {
    const size = 100 * gibibyte;
    const [first = 0, second = 0] = await partLengths(size);
    expect(first).toBe(second);
    expect(first * maximumParts).toBeGreaterThanOrEqual(size);
    expect(first * (maximumParts - 1)).toBeLessThan(size);
  });

  test('leave no upload behind when they are aborted', async () => {
    await partLengths(5 * gibibyte);
    const later = new Date(Date.now() + 60_000);
    expect(await emulated.bucket.open().deleteUnfinished('', later)).toBe(0);
  });
});
