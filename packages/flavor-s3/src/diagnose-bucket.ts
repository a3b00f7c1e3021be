import { randomUUID } from 'node:crypto';
import type { Finding } from '@mlstack/core/flavor';
import { S3AnswerError } from './client/s3-answer-error.ts';
import type { S3Client } from './client/s3-client.ts';
import { headerOf } from './client/s3-request.ts';
import { MultipartUpload } from './multipart-upload.ts';
import type { S3Bucket, S3Object } from './s3-bucket.ts';
import { explanationOf, nameOf, RegionMissingError, requireETag, StrangeAnswerError, statusOf } from './s3-errors.ts';
import { whyUnreachable } from './why-unreachable.ts';

const tried = new TextEncoder().encode('mlstack');

/** Finds out by trying what works and what does not, and names the fix. Leaves nothing behind. */
export async function diagnoseBucket(bucket: S3Bucket, prefix: string): Promise<Finding[]> {
  const { client } = bucket;
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
    await client.credentials();
    return undefined;
  } catch (error) {
    return explained(error instanceof RegionMissingError ? 'region' : 'credentials', error);
  }
}

async function findBucketProblem(client: S3Client, { name, config }: S3Bucket): Promise<Finding | undefined> {
  try {
    await client.send({ method: 'HEAD', bucket: name });
    return undefined;
  } catch (error) {
    const wanted = error instanceof S3AnswerError ? headerOf(error, 'x-amz-bucket-region') : undefined;
    const region = await client.region();
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
    const cause = await whyUnreachable(client, name, error);
    // What is denied is found out one by one.
    return cause === undefined || isDenial(cause) ? undefined : explained('bucket', cause);
  }
}

function isDenial(error: unknown): boolean {
  const isAboutIdentity = ['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'RequestTimeTooSkewed', 'ExpiredToken'];
  return statusOf(error) === 403 && !isAboutIdentity.includes(nameOf(error));
}

async function findDeniedPermissions(client: S3Client, { name }: S3Bucket, prefix: string): Promise<Finding[]> {
  const object = { bucket: name, key: `${prefix}.mlstack-doctor-${randomUUID()}` };
  const listed = { method: 'GET', bucket: name } as const;
  const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
    's3:PutObject': async () => requireETag(await client.send({ method: 'PUT', ...object, body: tried })),
    's3:GetObject': () => client.send({ method: 'GET', ...object }),
    's3:ListBucket': () => client.send({ ...listed, query: { 'list-type': '2', prefix: object.key, 'max-keys': '1' } }),
    's3:ListBucketMultipartUploads': () =>
      client.send({ ...listed, query: { uploads: '', prefix: object.key, 'max-uploads': '1' } }),
    's3:AbortMultipartUpload': () => abortNothing(client, object),
    's3:DeleteObject': () => client.send({ method: 'DELETE', ...object }),
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
async function abortNothing(client: S3Client, object: S3Object): Promise<void> {
  try {
    await new MultipartUpload(client, object, 'none').abort();
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
  try {
    await client.send({ method: 'PUT', ...object, body: tried, sha256: '0'.repeat(64) });
  } catch {
    return false;
  }
  await client.send({ method: 'DELETE', ...object });
  return true;
}
