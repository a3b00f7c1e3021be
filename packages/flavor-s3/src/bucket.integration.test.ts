import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BucketRecord } from './bucket-record.ts';
import { deprovisionBucket, provisionBucket } from './provision-bucket.ts';
import { realEndpoint, TestBucket } from './testing/test-bucket.ts';

describe.skipIf(realEndpoint === undefined)('a bucket on a real S3 server (MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-bucket-'));
  const { client } = bucket;
  beforeAll(async () => {
    await bucket.create();
  });
  afterAll(async () => {
    await bucket.remove();
    rmSync(folder, { recursive: true });
  });

  describe('that is provisioned', () => {
    const place = () => ({ path: `s3://mlstack-test-${randomUUID()}/x`, stateDirectory: join(folder, randomUUID()) });

    test('is made only when that was asked for', async () => {
      const { path, stateDirectory } = place();
      const store = bucket.open({ path });
      expect(await store.status()).toMatchObject({ state: 'not-provisioned' });
      const provisioning = provisionBucket(store.bucket, stateDirectory);
      await expect(provisioning).rejects.toMatchObject({ hint: expect.stringContaining('--createBucket=true') });
      expect(await store.status()).toMatchObject({ state: 'not-provisioned' });
    });

    test('is made with versioning as it was asked for, again without a change, and removed by its maker when it is empty', async () => {
      const { path, stateDirectory } = place();
      const store = bucket.open({ path, createBucket: true, versioning: true });
      expect(await provisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'changed' });
      expect(await provisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'unchanged' });
      expect(await store.status()).toEqual({ state: 'ready' });
      const name = { Bucket: store.bucket.name };
      expect(await client.send(new GetBucketVersioningCommand(name))).toMatchObject({ Status: 'Enabled' });

      const anotherMaker = join(folder, randomUUID());
      expect(await deprovisionBucket(store.bucket, anotherMaker)).toMatchObject({ outcome: 'unchanged' });
      expect(await store.status()).toEqual({ state: 'ready' });
      expect(await deprovisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'changed' });
      expect(await store.status()).toMatchObject({ state: 'not-provisioned' });
      expect(await deprovisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'unchanged' });
    });

    test('stays while anything lies in it', async () => {
      const { path, stateDirectory } = place();
      const store = bucket.open({ path, createBucket: true });
      await provisionBucket(store.bucket, stateDirectory);
      await store.write('key', new Uint8Array(1));
      const kept = await deprovisionBucket(store.bucket, stateDirectory);
      expect(kept).toMatchObject({ outcome: 'unchanged', message: expect.stringContaining('not empty') });
      await store.delete(['key']);
      expect(await deprovisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'changed' });
    });

    test('is never taken for ready while its encryption is not what was asked for', async () => {
      const { path, stateDirectory } = place();
      const store = bucket.open({ path, createBucket: true, encryption: 'AES256' });
      const name = { Bucket: store.bucket.name };
      const isEncrypted = async () => {
        const asked = await client.send(new GetBucketEncryptionCommand(name)).catch(() => undefined);
        return asked?.ServerSideEncryptionConfiguration?.Rules?.[0] !== undefined;
      };
      // Not every server can: one that cannot says so each time.
      for (let round = 0; round < 2; round++) {
        const outcome = await provisionBucket(store.bucket, stateDirectory).catch((error: Error) => error.message);
        if (await isEncrypted()) expect(outcome).toMatchObject({ outcome: round === 0 ? 'changed' : 'unchanged' });
        else expect(outcome).toMatch(/could not set encryption AES256 of bucket/);
      }
      expect(await deprovisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'changed' });
    });

    test('is configured the next time where a kill kept it from that', async () => {
      const { path, stateDirectory } = place();
      const store = bucket.open({ path, createBucket: true, versioning: true });
      const name = { Bucket: store.bucket.name };
      await new BucketRecord(stateDirectory).write({ bucket: name.Bucket, isConfigured: false });
      await client.send(new CreateBucketCommand(name));
      expect(await provisionBucket(store.bucket, stateDirectory)).toMatchObject({ outcome: 'changed' });
      expect(await client.send(new GetBucketVersioningCommand(name))).toMatchObject({ Status: 'Enabled' });
      await deprovisionBucket(store.bucket, stateDirectory);
    });
  });

  describe('that is looked at by doctor', () => {
    test('is fine, and nothing is left behind', async () => {
      const path = `s3://${bucket.name}/looked at`;
      expect(await bucket.open({ path }).diagnose()).toMatchObject([{ level: 'ok', subject: 'bucket' }]);
      expect((await bucket.keys()).filter((key) => key.startsWith('looked at'))).toEqual([]);
      expect(await bucket.unfinishedUploads()).toEqual([]);
    });

    test('is not there', async () => {
      const path = `s3://mlstack-test-${randomUUID()}`;
      const asked = { level: 'problem', subject: 'bucket', message: expect.stringContaining('does not exist') };
      expect(await bucket.open({ path }).diagnose()).toMatchObject([
        { ...asked, fix: expect.stringContaining('--createBucket=true') },
      ]);
      const willBeMade = bucket.open({ path, createBucket: true });
      expect(await willBeMade.diagnose()).toMatchObject([{ ...asked, fix: 'Run `mlstack stack up`.' }]);
    });

    const permissions = [
      's3:PutObject',
      's3:GetObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
      's3:AbortMultipartUpload',
      's3:DeleteObject',
    ];
    for (const permission of permissions)
      test(`lacks the permission ${permission}, which is named with what it is needed on`, async () => {
        const arn = `arn:aws:s3:::${bucket.name}`;
        const Statement = [{ Effect: 'Deny', Principal: '*', Action: permission, Resource: [arn, `${arn}/*`] }];
        const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
        await client.send(new PutBucketPolicyCommand({ Bucket: bucket.name, Policy }));
        try {
          const findings = await bucket.open({ path: `s3://${bucket.name}/denied` }).diagnose();
          const resource = permission.includes('List') ? arn : `${arn}/denied/*`;
          expect(findings).toEqual([
            {
              level: 'problem',
              subject: 'permissions',
              message: `${permission} is denied on ${bucket.name}/denied/`,
              fix: `Allow ${permission} on ${resource}.`,
            },
          ]);
        } finally {
          await client.send(new DeleteBucketPolicyCommand({ Bucket: bucket.name }));
        }
      });
  });

  for (const [title, settings] of Object.entries({
    'that keeps versions': { VersioningConfiguration: { Status: 'Enabled' } } as const,
    'that locks objects': undefined,
  }))
    test(`${title} is as any other, and conditional writes to it are kept or refused`, async () => {
      const Bucket = `mlstack-test-${randomUUID()}`;
      const own = client;
      await own.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: settings === undefined }));
      if (settings !== undefined) await own.send(new PutBucketVersioningCommand({ Bucket, ...settings }));
      const store = bucket.open({ path: `s3://${Bucket}` });
      await store.write('key', new TextEncoder().encode('first'));
      await store.write('key', new TextEncoder().encode('second'));
      await store.write('large', new Uint8Array(9 * 1024 * 1024));
      await expect(store.write('key', new Uint8Array(1), { ifAbsent: true })).rejects.toMatchObject({
        code: expect.stringMatching(/^(OBJECT_EXISTS|ARTIFACT_STORE_FAILED)$/),
      });
      expect((await store.stat('key'))?.size).toBe(6);
      await store.delete(['key', 'large']);
      expect(await store.stat('key')).toBeUndefined();
      await store.write('key', new TextEncoder().encode('third'));
      expect((await store.stat('key'))?.size).toBe(5);
      const { Versions = [], DeleteMarkers = [] } = await own.send(new ListObjectVersionsCommand({ Bucket }));
      expect(Versions.filter(({ Key }) => Key === 'key')).toHaveLength(3);
      for (const { Key, VersionId } of [...Versions, ...DeleteMarkers])
        await own.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      await own.send(new DeleteBucketCommand({ Bucket }));
    });

  test('with more unfinished uploads than one page has is rid of all of them', async () => {
    const own = client;
    const many = Array.from({ length: 1005 }, (_, index) => `unfinished/${index}`);
    for (let start = 0; start < many.length; start += 50)
      await Promise.all(
        many
          .slice(start, start + 50)
          .map((Key) => own.send(new CreateMultipartUploadCommand({ Bucket: bucket.name, Key }))),
      );
    const store = bucket.open();
    expect(await store.deleteUnfinished('unfinished/', new Date(Date.now() - 3_600_000))).toBe(0);
    expect(await store.deleteUnfinished('unfinished/', new Date(Date.now() + 60_000))).toBe(1005);
    expect(await bucket.unfinishedUploads()).toEqual([]);
  });

  test('whose unfinished uploads another process aborts at the same time is rid of them, each counted once', async () => {
    const own = client;
    for (const Key of ['twice/one', 'twice/two']) {
      await own.send(new CreateMultipartUploadCommand({ Bucket: bucket.name, Key }));
    }
    const later = new Date(Date.now() + 60_000);
    let byOther = 0;
    const count = await bucket.open().deleteUnfinished('twice/', later, async (key) => {
      byOther += await bucket.open().deleteUnfinished(key, later);
      return false;
    });
    expect([count, byOther]).toEqual([0, 2]);
    expect(await bucket.unfinishedUploads()).toEqual([]);
  });
});
