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
import { BucketRecord } from './bucket-record.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { nameOf, statusOf } from './s3-errors.ts';
import { whyUnreachable } from './why-unreachable.ts';

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
  const record = new BucketRecord(stateDirectory);
  const exists = await bucketExists(bucket);
  const made = await record.read();
  const isUnfinished = made?.bucket === bucket.name && !made.isConfigured;
  if (exists && !isUnfinished) return { outcome: 'unchanged', message: `bucket ${bucket.name} exists` };
  if (!exists) {
    if (!bucket.config.createBucket)
      throw new ArtifactStoreError(bucket.store, `provision bucket ${bucket.name}`, {
        reason: 'it does not exist, and the store was not told to make it',
        hint: 'Make the bucket, or set --createBucket=true on the store.',
      });
    // The record comes first: a kill between the two leaves a bucket that is known as ours, and is configured the next time.
    await record.write({ bucket: bucket.name, isConfigured: false });
    try {
      await createBucket(bucket);
    } catch (error) {
      if (nameOf((error as Error).cause).startsWith('BucketAlready')) await record.remove();
      throw error;
    }
  }
  await configureBucket(bucket);
  await record.write({ bucket: bucket.name, isConfigured: true });
  return { outcome: 'changed', message: `${exists ? 'configured' : 'made'} bucket ${bucket.name}` };
}

/** Removes the bucket only where this component made it and it is empty. */
export async function deprovisionBucket(bucket: S3Bucket, stateDirectory: string): Promise<LifecycleOutcome> {
  const record = new BucketRecord(stateDirectory);
  if ((await record.read())?.bucket !== bucket.name)
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
  await record.remove();
  return { outcome: 'changed', message: `removed bucket ${bucket.name}` };
}

async function bucketExists(bucket: S3Bucket): Promise<boolean> {
  return await bucket.telling(`reach bucket ${bucket.name}`, undefined, async (client) => {
    try {
      await client.send(new HeadBucketCommand({ Bucket: bucket.name }));
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw (await whyUnreachable(client, bucket.name)) ?? error;
    }
  });
}

async function createBucket(bucket: S3Bucket): Promise<void> {
  const { endpoint } = bucket.config;
  await bucket.telling(`make bucket ${bucket.name}`, undefined, async (client) => {
    const region = await client.config.region();
    const LocationConstraint = region as BucketLocationConstraint; // the list in the SDK is older than AWS's
    const isElsewhere = region !== 'us-east-1' && endpoint === undefined;
    await client.send(
      new CreateBucketCommand({
        Bucket: bucket.name,
        ...(isElsewhere ? { CreateBucketConfiguration: { LocationConstraint } } : {}),
      }),
    );
  });
}

async function configureBucket(bucket: S3Bucket): Promise<void> {
  const { versioning, encryption, kmsKeyId } = bucket.config;
  const Bucket = bucket.name;
  if (versioning === true)
    await bucket.telling(`set versioning of bucket ${Bucket}`, undefined, (client) =>
      client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    );
  if (encryption === undefined) return;
  const key = kmsKeyId === undefined ? {} : { KMSMasterKeyID: kmsKeyId };
  const Rules = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: encryption, ...key } }];
  await bucket.telling(`set encryption ${encryption} of bucket ${Bucket}`, undefined, (client) =>
    client.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } })),
  );
}
