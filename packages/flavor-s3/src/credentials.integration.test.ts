import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { S3Config } from './artifact-store.ts';
import { realEndpoint, TestBucket } from './testing/test-bucket.ts';

/** ARN of a role that the credentials of the environment may assume on the server. */
const role = process.env.MLSTACK_TEST_S3_ROLE;

describe.skipIf(realEndpoint === undefined)('credentials on a real S3 server (MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-credentials-'));
  beforeAll(async () => {
    await bucket.create();
    const file = join(folder, 'credentials');
    const profile = (name: string, secret: string) =>
      `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secret}\n`;
    writeFileSync(file, profile('good', secretAccessKey) + profile('bad', 'wrong'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
    await bucket.remove();
  });

  const write = async (config: Partial<S3Config>) =>
    (await bucket.open({ retrySeconds: 2, ...config }).write('key', new Uint8Array(1))).size;
  const withoutEnvironment = async (work: () => Promise<unknown>) => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    try {
      await work();
    } finally {
      vi.stubEnv('AWS_ACCESS_KEY_ID', accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', secretAccessKey);
    }
  };

  test('come from the environment, from fields, and from a profile', async () => {
    expect(await write({})).toBe(1);
    await withoutEnvironment(async () => {
      expect(await write({ accessKeyId, secretAccessKey })).toBe(1);
      expect(await write({ profile: 'good' })).toBe(1);
    });
  });

  test('that are wrong are told from those that are not there', async () => {
    const unknown = { accessKeyId: 'unknown', secretAccessKey };
    // Some servers deny what they do not know.
    await expect(write(unknown)).rejects.toThrow(/the server does not know the access key|denies it \(403\)/);
    await expect(write({ accessKeyId, secretAccessKey: 'wrong' })).rejects.toThrow('the secret key does not belong');
    await withoutEnvironment(async () => {
      await expect(write({ profile: 'bad' })).rejects.toThrow('the secret key does not belong');
      await expect(write({ profile: 'none' })).rejects.toThrow('no credentials were found');
      await expect(write({})).rejects.toThrow('no credentials were found');
    });
    const store = bucket.open({ accessKeyId, secretAccessKey: 'wrong' });
    const reason = expect.stringMatching('the secret key does not belong');
    expect(await store.status()).toMatchObject({ state: 'failed', message: reason });
    expect(await store.diagnose()).toMatchObject([{ level: 'problem', message: reason }]);
  });

  test('of a role that is not there are asked for where the bucket is', async () => {
    const writing = write({ roleArn: 'arn:aws:iam:::role/mlstack-test-nobody' });
    await expect(writing).rejects.toThrow('the role arn:aws:iam:::role/mlstack-test-nobody cannot be assumed');
    await expect(write({ roleArn: 'arn:aws:iam:::role/x', endpoint: 'http://127.0.0.1:9' })).rejects.toThrow(
      /the role .* cannot be assumed: the server cannot be reached \(ECONNREFUSED\)/,
    );
  });

  test.skipIf(role === undefined)(
    'of a role are assumed, from keys and from a profile (MLSTACK_TEST_S3_ROLE)',
    async () => {
      const store = bucket.open({ roleArn: role });
      expect((await store.bucket.client.credentials()).sessionToken).toBeDefined();
      expect(await write({ roleArn: role, accessKeyId, secretAccessKey })).toBe(1);
      await withoutEnvironment(async () => expect(await write({ roleArn: role, profile: 'good' })).toBe(1));
      const url = await store.presign('key', { method: 'GET', expiresInSeconds: 60 });
      expect((await (await fetch(url)).arrayBuffer()).byteLength).toBe(1);
    },
  );

  test('a clock that is off is corrected by the one of the server', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    try {
      expect(await write({})).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});
