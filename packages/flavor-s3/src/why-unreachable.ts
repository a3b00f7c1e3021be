import type { S3Client } from './client/s3-client.ts';

/** Why a bucket cannot be looked at: a HEAD tells no reason, a GET of the same permission does. `undefined` where that one works. */
export async function whyUnreachable(client: S3Client, bucket: string): Promise<unknown> {
  const query = { 'list-type': '2', 'max-keys': '1' };
  return await client.send({ method: 'GET', bucket, query }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}
