import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadOptions } from '@mlstack/core/flavor';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { S3Config } from './artifact-store.ts';
import type { S3ArtifactStore } from './s3-artifact-store.ts';
import type { Fault, SeenRequest } from './testing/faulty-proxy.ts';
import { FaultyProxy } from './testing/faulty-proxy.ts';
import { realEndpoint, TestBucket } from './testing/test-bucket.ts';

const mebibyte = 1024 * 1024;
const small = Buffer.from('a small artifact');
const large = randomBytes(18 * mebibyte + 5);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readAll(store: S3ArtifactStore, key: string, range?: ReadOptions['range']): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key, range === undefined ? {} : { range })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += mebibyte) yield bytes.subarray(at, at + mebibyte);
}

const isPart = ({ method, url }: SeenRequest) => method === 'PUT' && url.includes('partNumber=');
const isPut = ({ method, url }: SeenRequest) => method === 'PUT' && !url.includes('partNumber=');
const isGet = ({ method, url }: SeenRequest) => method === 'GET' && !url.includes('list-type=');
const isCompletion = ({ method, url }: SeenRequest) => method === 'POST' && url.includes('uploadId=');
const isProbe = ({ url }: SeenRequest) => url.includes('.mlstack-probe');

describe.skipIf(realEndpoint === undefined)('between a store and a real server (MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  const proxy = new FaultyProxy(realEndpoint ?? 'http://127.0.0.1');
  let key: string;
  const open = (config: Partial<S3Config> = {}) =>
    bucket.open({ endpoint: proxy.endpoint, partSizeMiB: 5, retrySeconds: 30, ...config });

  beforeAll(async () => {
    await bucket.create();
    await proxy.listen();
  });
  beforeEach(() => {
    key = randomUUID();
  });
  afterEach(async () => {
    proxy.reset();
    expect(await bucket.unfinishedUploads()).toEqual([]);
  });
  afterAll(async () => {
    await bucket.remove();
    await proxy.close();
  });

  const uploadFaults: readonly Fault[] = ['cut', 'lose-answer', 'damage-request', 500, 502, 503, 429];
  for (const fault of uploadFaults) {
    test(`a small upload survives ${fault}, several times`, async () => {
      proxy.fault = (seen) => (isPut(seen) && seen.earlier < 3 ? fault : undefined);
      expect(await open().write(key, small)).toEqual({ size: small.byteLength, sha256: sha256(small) });
      expect(proxy.seen.filter(isPut)).toHaveLength(4);
      expect(await readAll(bucket.open(), key)).toEqual(small);
    });

    test(`parts of a large upload survive ${fault}: each alone is sent again`, async () => {
      proxy.fault = (seen) => (isPart(seen) && seen.earlier === 0 ? fault : undefined);
      expect(await open().write(key, inChunks(large))).toEqual({ size: large.byteLength, sha256: sha256(large) });
      expect(proxy.seen.filter(isPart)).toHaveLength(8);
      expect(sha256(await readAll(bucket.open(), key))).toBe(sha256(large));
    });
  }

  for (const fault of ['cut', 'lose-answer', 'truncate', 500, 503] as const) {
    test(`the completion of a large upload survives ${fault}`, async () => {
      proxy.fault = (seen) => (isCompletion(seen) && seen.earlier === 0 ? fault : undefined);
      await open().write(key, inChunks(large));
      expect(sha256(await readAll(bucket.open(), key))).toBe(sha256(large));
    });
  }

  for (const fault of ['cut', 'truncate', 500, 503, 429] as const) {
    test(`downloads survive ${fault}, and ask only for what is missing`, async () => {
      await bucket.open().write('shared', large);
      proxy.fault = (seen) => (isGet(seen) && seen.earlier === 0 ? fault : undefined);
      const store = open();
      expect(sha256(await readAll(store, 'shared'))).toBe(sha256(large));
      const range = await readAll(store, 'shared', { start: 7, end: 6 * mebibyte });
      expect(sha256(range)).toBe(sha256(large.subarray(7, 6 * mebibyte)));
    });
  }

  test('a server that goes silent counts as broken after the timeout, before and amid an answer', async () => {
    await bucket.open().write('shared', large);
    const store = open({ timeoutSeconds: 0.5 });
    for (const fault of ['stall', 'stall-body'] as const) {
      let stalled = 0;
      proxy.fault = (seen) => (isGet(seen) && stalled++ === 0 ? fault : undefined);
      expect(sha256(await readAll(store, 'shared'))).toBe(sha256(large));
      proxy.fault = (seen) => (isPut(seen) && seen.earlier === 0 && fault === 'stall' ? fault : undefined);
      await store.write(`${key}-${fault}`, small);
    }
  });

  test('a slow server is asked for several parts at once', async () => {
    await bucket.open().write('shared', large);
    const store = open();
    proxy.fault = () => 'slow';
    expect(sha256(await readAll(store, 'shared'))).toBe(sha256(large));
    expect(proxy.seen.filter(isGet)).toHaveLength(4);
    await store.write(key, inChunks(large));
    expect(sha256(await readAll(bucket.open(), key))).toBe(sha256(large));
  });

  test('a server that is killed amid transfers is waited for', async () => {
    await bucket.open().write('shared', large);
    const store = open({ concurrency: 2 });
    const reading = store.read('shared')[Symbol.asyncIterator]();
    const read = [(await reading.next()).value as Uint8Array];
    const dying = Promise.withResolvers<void>();
    proxy.fault = (seen) => {
      if (isPart(seen)) dying.resolve();
      return undefined;
    };
    const writing = store.write(key, inChunks(large));
    await dying.promise;
    await proxy.close();
    await sleep(3000);
    await proxy.listen();
    for (let next = await reading.next(); !next.done; next = await reading.next()) read.push(next.value);
    expect(sha256(Buffer.concat(read))).toBe(sha256(large));
    await writing;
    expect(sha256(await readAll(bucket.open(), key))).toBe(sha256(large));
  });

  test('an object that is replaced while it is read is no mixture of both', async () => {
    await bucket.open().write(key, large);
    // A fast server has sent all of the first object before it is replaced; the rest of a cut answer must be asked for.
    proxy.fault = (seen) => (isGet(seen) && seen.earlier === 0 ? 'truncate' : undefined);
    const reading = open({ concurrency: 1 }).read(key)[Symbol.asyncIterator]();
    await reading.next();
    await bucket.open().write(key, Buffer.alloc(large.byteLength));
    const rest = async () => {
      while (!(await reading.next()).done);
    };
    await expect(rest()).rejects.toThrow('it was replaced while it was being read');
  });

  test('a conditional write whose answer was lost knows its own object', async () => {
    proxy.fault = (seen) => (isPut(seen) && !isProbe(seen) && seen.earlier === 0 ? 'lose-answer' : undefined);
    await open().write(key, small, { ifAbsent: true });
    expect(await readAll(bucket.open(), key)).toEqual(small);
  });

  test('a large conditional write whose answer was lost knows its own object', async () => {
    proxy.fault = (seen) => (isPut(seen) && !isProbe(seen) && seen.earlier === 0 ? 'lose-answer' : undefined);
    await open().write(key, inChunks(large), { ifAbsent: true });
    expect(sha256(await readAll(bucket.open(), key))).toBe(sha256(large));
  });

  test('a conditional write that is sent again does not take the bytes of another for its own', async () => {
    await bucket.open().write(key, small);
    proxy.fault = (seen) => (isPut(seen) && !isProbe(seen) && seen.earlier === 0 ? 'cut' : undefined);
    await expect(open().write(key, small, { ifAbsent: true })).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await expect(open().write(key, inChunks(large), { ifAbsent: true })).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
    });
  });

  test('what does not get better ends after the limit, says why, and leaves nothing', async () => {
    const store = open({ retrySeconds: 0.5 });
    proxy.fault = (seen) => (isPart(seen) || isPut(seen) ? 503 : undefined);
    await expect(store.write(key, small)).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
    await expect(store.write(key, inChunks(large))).rejects.toMatchObject({ code: 'ARTIFACT_STORE_FAILED' });
    proxy.fault = () => 'cut';
    await expect(store.write(key, small)).rejects.toThrow(/the server cannot be reached \(ECONNRESET\)/);
    expect(await bucket.open().stat(key)).toBeUndefined();
  });

  test('bytes that are wrong in the end are not what was written', async () => {
    const store = bucket.open();
    const { sha256: written } = await store.write(key, small);
    proxy.fault = (seen) => (isGet(seen) ? 'damage-answer' : undefined);
    expect(sha256(await readAll(open(), key))).not.toBe(written);
  });

  test('an abort ends waiting for a server that does not answer, and leaves no upload', async () => {
    const store = open();
    const aborted = new AbortController();
    const reason = new Error('changed my mind');
    proxy.fault = (seen) => (isPart(seen) ? 503 : undefined);
    const writing = store.write(key, inChunks(large), { signal: aborted.signal });
    await sleep(500);
    aborted.abort(reason);
    await expect(writing).rejects.toBe(reason);
  });
});
