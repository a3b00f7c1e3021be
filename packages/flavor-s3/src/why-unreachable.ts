import type { S3Client } from './client/s3-client.ts';
import { statusOf } from './s3-errors.ts';

/**
 * Why a bucket cannot be looked at: the answer to a HEAD tells no reason, that to a GET of the same permission does. `undefined` where that one
 * works.
 */
export async function whyUnreachable(client: S3Client, bucket: string, refusal: unknown): Promise<unknown> {
  if (statusOf(refusal) === undefined) return refusal;
  const query = { 'list-type': '2', 'max-keys': '1' };
  return await client.send({ method: 'GET', bucket, query }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}
