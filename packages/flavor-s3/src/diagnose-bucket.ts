import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Finding } from '@mlstack/core/flavor';
import type { S3Config } from './artifact-store.ts';
import type { S3Address } from './s3-address.ts';
import { explainS3Error, nameOf, statusOf } from './s3-errors.ts';

/** Finds out by trying what works and what does not, and names the fix. Leaves nothing behind. */
export async function diagnoseBucket(client: S3Client, { bucket, prefix }: S3Address, config: S3Config, refusesOverwrites: () => Promise<boolean>): Promise<Finding[]> {
  const problem = (subject: string, message: string, fix: string): Finding => ({ level: 'problem', subject, message, fix });
  const explained = (subject: string, error: unknown): Finding => {
    const { message, hint } = explainS3Error(bucket, `reach bucket ${bucket}`, error) as Error & { readonly hint?: string };
    return problem(subject, message, hint ?? 'Check the endpoint and the network.');
  };
  try {
    await client.config.credentials();
  } catch (error) {
    return [explained('credentials', error)];
  }
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    const wanted = (error as { $response?: { headers?: Record<string, string> } }).$response?.headers?.['x-amz-bucket-region'];
    const region = await client.config.region();
    if (wanted !== undefined && wanted !== region)
      return [problem('region', `bucket ${bucket} is in ${wanted}, and the store asks in ${region}`, `Run \`mlstack artifact-store update NAME --region=${wanted}\`.`)];
    if (statusOf(error) === 404)
      return [
        problem('bucket', `bucket ${bucket} does not exist`, config.createBucket ? 'Run `mlstack stack up`.' : 'Correct the path, or set --create-bucket=true and run `mlstack stack up`.'),
      ];
    // A HEAD tells no reason; a GET of the same permission does.
    const cause = await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })).then(
      () => error,
      (reason: unknown) => reason,
    );
    if (nameOf(cause) !== 'AccessDenied' && nameOf(cause) !== 'Forbidden') return [explained('bucket', cause)];
  }
  const Key = `${prefix}.mlstack-doctor-${randomUUID()}`;
  const object = { Bucket: bucket, Key };
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['s3:PutObject', () => client.send(new PutObjectCommand({ ...object, Body: 'mlstack' }))],
    ['s3:GetObject', () => client.send(new GetObjectCommand(object)).then((answer) => answer.Body?.transformToByteArray())],
    ['s3:ListBucket', () => client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: Key, MaxKeys: 1 }))],
    ['s3:ListBucketMultipartUploads', () => client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: Key, MaxUploads: 1 }))],
    ['s3:DeleteObject', () => client.send(new DeleteObjectCommand(object))],
  ];
  const findings: Finding[] = [];
  let written = true;
  for (const [permission, attempt] of attempts) {
    if (!written && permission === 's3:GetObject') continue;
    try {
      await attempt();
    } catch (error) {
      if (permission === 's3:PutObject') written = false;
      findings.push(
        statusOf(error) === 403 && !['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed'].includes(nameOf(error))
          ? problem('permissions', `${permission} is denied on ${bucket}/${prefix}`, `Allow ${permission} on arn:aws:s3:::${bucket}${permission.includes('List') ? '' : `/${prefix}*`}.`)
          : explained(permission, error),
      );
    }
  }
  if (findings.length > 0) return findings;
  if (!(await refusesOverwrites()))
    findings.push(
      problem('conditional writes', 'the server ignores If-None-Match, so two writers could overwrite each other', 'Use a server with conditional writes: AWS S3, Ceph, a current MinIO, R2. Steps on a cluster are refused until then.'),
    );
  return [{ level: 'ok', subject: 'bucket', message: `${bucket} can be read, written, listed and deleted from` }, ...findings];
}
