import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  HeadBucketCommand,
  PutBucketEncryptionCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ArtifactStoreError, type LifecycleOutcome } from '@mlstack/core/flavor';
import type { S3Config } from './artifact-store.ts';
import { nameOf, statusOf } from './s3-errors.ts';

const recordName = 'created-bucket';

export async function bucketExists(client: S3Client, bucket: string): Promise<boolean> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}

/** Makes the bucket where the config asks for it, and remembers that this component made it. */
export async function provisionBucket(client: S3Client, bucket: string, config: S3Config, stateDirectory: string): Promise<LifecycleOutcome> {
  if (await bucketExists(client, bucket)) return { outcome: 'unchanged', message: `bucket ${bucket} exists` };
  if (!config.createBucket)
    throw new ArtifactStoreError(bucket, 'provision it', {
      reason: 'the bucket does not exist, and the store was not told to make it',
      hint: 'Make the bucket, or set --create-bucket=true on the store.',
    });
  // The record comes first: a kill between the two leaves a bucket that deprovision still knows as ours.
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  await writeFile(path.join(stateDirectory, recordName), bucket);
  const region = await client.config.region();
  await client.send(
    new CreateBucketCommand({
      Bucket: bucket,
      ...(region === 'us-east-1' || config.endpoint !== undefined ? {} : { CreateBucketConfiguration: { LocationConstraint: region as never } }),
    }),
  );
  if (config.versioning === true)
    await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
  if (config.encryption !== undefined)
    await client.send(
      new PutBucketEncryptionCommand({
        Bucket: bucket,
        ServerSideEncryptionConfiguration: {
          Rules: [
            {
              ApplyServerSideEncryptionByDefault: {
                SSEAlgorithm: config.encryption,
                ...(config.kmsKeyId === undefined ? {} : { KMSMasterKeyID: config.kmsKeyId }),
              },
            },
          ],
        },
      }),
    );
  return { outcome: 'changed', message: `made bucket ${bucket}` };
}

/** Removes the bucket only where this component made it and it is empty. */
export async function deprovisionBucket(client: S3Client, bucket: string, stateDirectory: string): Promise<LifecycleOutcome> {
  const record = path.join(stateDirectory, recordName);
  const created = await readFile(record, 'utf8').catch(() => undefined);
  if (created !== bucket) return { outcome: 'unchanged', message: `bucket ${bucket} stays: it was not made by this component` };
  try {
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  } catch (error) {
    if (nameOf(error) === 'BucketNotEmpty' || statusOf(error) === 409) return { outcome: 'unchanged', message: `bucket ${bucket} stays: it is not empty` };
    if (statusOf(error) !== 404) throw error;
  }
  await rm(record, { force: true });
  return { outcome: 'changed', message: `removed bucket ${bucket}` };
}
