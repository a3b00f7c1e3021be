import type { ComponentStatus, LifecycleOutcome } from '@mlstack/core/flavor';
import { ArtifactStoreError, MlstackError } from '@mlstack/core/flavor';
import { BucketRecord } from './bucket-record.ts';
import { checksumHeaders } from './client/checksum-headers.ts';
import { escapeXml, xmlDocument } from './client/xml.ts';
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
      await client.send({ method: 'DELETE', bucket: bucket.name });
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
      await client.send({ method: 'HEAD', bucket: bucket.name });
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw (await whyUnreachable(client, bucket.name, error)) ?? error;
    }
  });
}

async function createBucket(bucket: S3Bucket): Promise<void> {
  const { endpoint } = bucket.config;
  await bucket.telling(`make bucket ${bucket.name}`, undefined, async (client) => {
    const region = await client.region();
    const isElsewhere = region !== 'us-east-1' && endpoint === undefined;
    const constraint = `<LocationConstraint>${escapeXml(region)}</LocationConstraint>`;
    const body = isElsewhere ? { body: xmlDocument('CreateBucketConfiguration', constraint) } : {};
    await client.send({ method: 'PUT', bucket: bucket.name, ...body });
  });
}

async function configureBucket(bucket: S3Bucket): Promise<void> {
  const { versioning, encryption, kmsKeyId } = bucket.config;
  if (versioning === true) {
    const body = xmlDocument('VersioningConfiguration', '<Status>Enabled</Status>');
    await configure(bucket, 'versioning', { what: 'versioning', body });
  }
  if (encryption === undefined) return;
  const key = kmsKeyId === undefined ? '' : `<KMSMasterKeyID>${escapeXml(kmsKeyId)}</KMSMasterKeyID>`;
  const byDefault = `<SSEAlgorithm>${encryption}</SSEAlgorithm>${key}`;
  const rule = `<Rule><ApplyServerSideEncryptionByDefault>${byDefault}</ApplyServerSideEncryptionByDefault></Rule>`;
  const body = xmlDocument('ServerSideEncryptionConfiguration', rule);
  await configure(bucket, 'encryption', { what: `encryption ${encryption}`, body });
}

async function configure(
  bucket: S3Bucket,
  setting: string,
  { what, body }: { readonly what: string; readonly body: Uint8Array },
): Promise<void> {
  const request = { method: 'PUT', bucket: bucket.name, query: { [setting]: '' }, body } as const;
  await bucket.telling(`set ${what} of bucket ${bucket.name}`, undefined, (client) =>
    client.send({ ...request, headers: checksumHeaders(body) }),
  );
}
