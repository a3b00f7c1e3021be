import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BucketLocationConstraint } from '@aws-sdk/client-s3';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketVersioningCommand,
} from '@aws-sdk/client-s3';
import type { ComponentStatus, LifecycleOutcome } from '@mlstack/core/flavor';
import { ArtifactStoreError, MlstackError } from '@mlstack/core/flavor';
import type { S3Bucket } from './s3-bucket.ts';
import { nameOf, statusOf } from './s3-errors.ts';

const recordName = 'created-bucket';

export async function bucketStatus(bucket: S3Bucket): Promise<ComponentStatus> {
  try {
    return (await bucketExists(bucket))
      ? { state: 'ready' }
      : { state: 'not-provisioned', message: `bucket ${bucket.name} does not exist` };
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return { state: 'failed', message: error.message };
  }
}

/** Makes the bucket where the config asks for it, and remembers that this component made it. */
export async function provisionBucket(bucket: S3Bucket, stateDirectory: string): Promise<LifecycleOutcome> {
  if (await bucketExists(bucket)) return { outcome: 'unchanged', message: `bucket ${bucket.name} exists` };
  if (!bucket.config.createBucket)
    throw new ArtifactStoreError(bucket.store, `provision bucket ${bucket.name}`, {
      reason: 'it does not exist, and the store was not told to make it',
      hint: 'Make the bucket, or set --createBucket on the store.',
    });
  const record = join(stateDirectory, recordName);
  // The record comes first: a kill between the two leaves a bucket that deprovision still knows as ours.
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await writeFile(record, bucket.name);
  try {
    await createBucket(bucket);
  } catch (error) {
    const { cause } = error as Error;
    if (nameOf(cause).startsWith('BucketAlready')) await rm(record, { force: true });
    throw error;
  }
  return { outcome: 'changed', message: `made bucket ${bucket.name}` };
}

/** Removes the bucket only where this component made it and it is empty. */
export async function deprovisionBucket(bucket: S3Bucket, stateDirectory: string): Promise<LifecycleOutcome> {
  const record = join(stateDirectory, recordName);
  const created = await readFile(record, 'utf8').catch(() => undefined);
  if (created !== bucket.name)
    return { outcome: 'unchanged', message: `bucket ${bucket.name} stays: it was not made by this component` };
  const isEmpty = await bucket.telling(`remove bucket ${bucket.name}`, undefined, async (client) => {
    try {
      await client.send(new DeleteBucketCommand({ Bucket: bucket.name }));
    } catch (error) {
      if (nameOf(error) === 'BucketNotEmpty' || statusOf(error) === 409) return false;
      if (statusOf(error) !== 404) throw error;
    }
    return true;
  });
  if (!isEmpty) return { outcome: 'unchanged', message: `bucket ${bucket.name} stays: it is not empty` };
  await rm(record, { force: true });
  return { outcome: 'changed', message: `removed bucket ${bucket.name}` };
}

async function bucketExists(bucket: S3Bucket): Promise<boolean> {
  return await bucket.telling(`reach bucket ${bucket.name}`, undefined, async (client) => {
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket.name }));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  });
}

async function createBucket(bucket: S3Bucket): Promise<void> {
  const { endpoint, versioning, encryption, kmsKeyId } = bucket.config;
  const Bucket = bucket.name;
  await bucket.telling(`make bucket ${Bucket}`, undefined, async (client) => {
    const region = await client.config.region();
    const LocationConstraint = region as BucketLocationConstraint; // the list in the SDK is older than AWS's
    const isElsewhere = region !== 'us-east-1' && endpoint === undefined;
    await client.send(
      new CreateBucketCommand({
        Bucket,
        ...(isElsewhere ? { CreateBucketConfiguration: { LocationConstraint } } : {}),
      }),
    );
    if (versioning === true)
      await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    if (encryption !== undefined) {
      const key = kmsKeyId === undefined ? {} : { KMSMasterKeyID: kmsKeyId };
      const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption, ...key } }];
      await client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
    }
  });
}
