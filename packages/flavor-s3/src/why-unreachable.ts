import type { S3Client } from '@aws-sdk/client-s3';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';

/** Why a bucket cannot be looked at: a HEAD tells no reason, a GET of the same permission does. `undefined` where that one works. */
export async function whyUnreachable(client: S3Client, bucket: string): Promise<unknown> {
  return await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 })).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}
