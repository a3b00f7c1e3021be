import { randomUUID } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { Finding } from '@mlstack/core/flavor';
import { payloadHash } from './payload-hash.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { explanationOf, nameOf, requireETag, StrangeAnswerError, statusOf } from './s3-errors.ts';
import { whyUnreachable } from './why-unreachable.ts';

/** Finds out by trying what works and what does not, and names the fix. Leaves nothing behind. */
export async function diagnoseBucket(bucket: S3Bucket, prefix: string): Promise<Finding[]> {
  const client = await bucket.client();
  const unreachable = (await findCredentialProblem(client)) ?? (await findBucketProblem(client, bucket));
  if (unreachable !== undefined) return [unreachable];
  const denied = await findDeniedPermissions(client, bucket, prefix);
  if (denied.length > 0) return denied;
  return [
    { level: 'ok', subject: 'bucket', message: `${bucket.name} can be read, written, listed and deleted from` },
    ...(await findUntruth(client, bucket, prefix)),
  ];
}

function problem(subject: string, message: string, fix: string): Finding {
  return { level: 'problem', subject, message, fix };
}

function explained(subject: string, error: unknown): Finding {
  const { reason, hint } = explanationOf(error);
  return problem(subject, reason, hint);
}

async function findCredentialProblem(client: S3Client): Promise<Finding | undefined> {
  try {
    await client.config.credentials();
    return undefined;
  } catch (error) {
    return explained('credentials', error);
  }
}

async function findBucketProblem(client: S3Client, { name, config }: S3Bucket): Promise<Finding | undefined> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: name }));
    return undefined;
  } catch (error) {
    const { $response } = error as { readonly $response?: { readonly headers?: Record<string, string> } };
    const wanted = $response?.headers?.['x-amz-bucket-region'];
    const region = await client.config.region();
    if (wanted !== undefined && wanted !== region)
      return problem(
        'region',
        `bucket ${name} is in ${wanted}, and the store asks in ${region}`,
        `Run \`mlstack artifact-store update NAME --region=${wanted}\`.`,
      );
    if (statusOf(error) === 404)
      return problem(
        'bucket',
        `bucket ${name} does not exist`,
        config.createBucket
          ? 'Run `mlstack stack up`.'
          : 'Correct the path, or set --createBucket=true on the store and run `mlstack stack up`.',
      );
    const cause = await whyUnreachable(client, name);
    // What is denied is found out one by one.
    return cause === undefined || isDenial(cause) ? undefined : explained('bucket', cause);
  }
}

function isDenial(error: unknown): boolean {
  const isAboutIdentity = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed', 'ExpiredToken'];
  return statusOf(error) === 403 && !isAboutIdentity.includes(nameOf(error));
}

async function findDeniedPermissions(client: S3Client, { name }: S3Bucket, prefix: string): Promise<Finding[]> {
  const Bucket = name;
  const Key = `${prefix}.mlstack-doctor-${randomUUID()}`;
  const object = { Bucket, Key };
  const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
    's3:PutObject': async () => requireETag(await client.send(new PutObjectCommand({ ...object, Body: 'mlstack' }))),
    's3:GetObject': async () => (await client.send(new GetObjectCommand(object))).Body?.transformToByteArray(),
    's3:ListBucket': () => client.send(new ListObjectsV2Command({ Bucket, Prefix: Key, MaxKeys: 1 })),
    's3:ListBucketMultipartUploads': () =>
      client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key, MaxUploads: 1 })),
    's3:AbortMultipartUpload': () => abortNothing(client, object),
    's3:DeleteObject': () => client.send(new DeleteObjectCommand(object)),
  };
  const findings: Finding[] = [];
  let isWritten = false;
  for (const [permission, attempt] of Object.entries(attempts)) {
    if (permission === 's3:GetObject' && !isWritten) continue;
    try {
      await attempt();
      isWritten ||= permission === 's3:PutObject';
    } catch (error) {
      if (error instanceof StrangeAnswerError) return [explained('endpoint', error)];
      const resource = `arn:aws:s3:::${name}${permission.includes('List') ? '' : `/${prefix}*`}`;
      findings.push(
        isDenial(error)
          ? problem(
              'permissions',
              `${permission} is denied on ${name}/${prefix}`,
              `Allow ${permission} on ${resource}.`,
            )
          : explained(permission, error),
      );
    }
  }
  return findings;
}

/** Permissions are looked at before the upload. */
async function abortNothing(
  client: S3Client,
  object: { readonly Bucket: string; readonly Key: string },
): Promise<void> {
  try {
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId: 'none' }));
  } catch (error) {
    if (isDenial(error)) throw error;
  }
}

/** What the server says that it does, and does not do. */
async function findUntruth(client: S3Client, bucket: S3Bucket, prefix: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (!(await bucket.conditionalWrites.holdForPuts()))
    findings.push({
      level: 'warning',
      subject: 'conditional writes',
      message:
        'the server ignores If-None-Match, so it is not trusted with writes that must not overwrite: they are refused',
      fix: 'Run steps on this machine, which needs none; for steps elsewhere use AWS S3, Ceph, a current MinIO, R2.',
    });
  if (await takesWrongBytes(client, bucket, prefix))
    findings.push({
      level: 'warning',
      subject: 'checksums',
      message:
        'the server stores bytes that are not those that were signed, so damage on the way is found only when they are read',
      fix: 'Reach it by https, or use a server that compares them: AWS S3, Ceph, MinIO.',
    });
  return findings;
}

async function takesWrongBytes(client: S3Client, bucket: S3Bucket, prefix: string): Promise<boolean> {
  const object = bucket.object(`${prefix}.mlstack-doctor-${randomUUID()}`);
  const command = new PutObjectCommand({ ...object, Body: 'mlstack' });
  command.middlewareStack.use(payloadHash('0'.repeat(64)));
  try {
    await client.send(command);
  } catch {
    return false;
  }
  await client.send(new DeleteObjectCommand(object));
  return true;
}
