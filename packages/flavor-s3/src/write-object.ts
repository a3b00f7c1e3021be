import type { WriteOptions, WriteReceipt } from '@mlstack/core/flavor';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import type { PartMemory } from './body-parts.ts';
import { BodyParts } from './body-parts.ts';
import { putSpooled } from './put-spooled.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { requireETag } from './s3-errors.ts';
import { maximumParts, uploadParts } from './upload-parts.ts';
import { WriteClaim } from './write-claim.ts';

const mebibyte = 1024 * 1024;

/** Streams a body to a key: one request where it fits in one part, else parts side by side. */
export async function writeObject(
  bucket: S3Bucket,
  key: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<WriteReceipt> {
  const { signal, size, ifAbsent = false } = options;
  const what = `write ${key}`;
  const known = body instanceof Uint8Array ? body.byteLength : size;
  const partSize = Math.max(bucket.config.partSizeMiB * mebibyte, Math.ceil((known ?? 0) / maximumParts));
  const parts = new BodyParts(body, partSize, { signal, size });
  try {
    return await bucket.telling(what, signal, async () => {
      if (ifAbsent) await requireConditionalWrites(bucket, key);
      const memory: PartMemory = {};
      const first = await parts.next(memory);
      if (first === undefined || (await parts.isExhausted())) {
        const sha256 = parts.digest();
        await putObject(bucket, key, { bytes: first?.bytes ?? new Uint8Array(), sha256, ifAbsent, signal });
        return { size: parts.size, sha256 };
      }
      if (ifAbsent && !(await bucket.conditionalWrites.holdForCompletions())) {
        return await putSpooled(bucket, key, { first, memory, parts, signal });
      }
      await uploadParts(bucket, key, { first, memory, parts, ifAbsent, signal });
      return { size: parts.size, sha256: parts.digest() };
    });
  } catch (error) {
    if (parts.failure !== undefined) throw parts.failure.error;
    throw error;
  } finally {
    parts.close();
  }
}

interface SmallBody {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

async function putObject(bucket: S3Bucket, key: string, { bytes, sha256, ifAbsent, signal }: SmallBody): Promise<void> {
  const put = async (headers: Readonly<Record<string, string>>) => {
    const answer = await bucket.client.send({
      method: 'PUT',
      ...bucket.object(key),
      headers,
      body: bytes,
      sha256,
      signal,
    });
    requireETag(answer);
  };
  if (!ifAbsent) return await put({});
  const claim = new WriteClaim(bucket, key, { ifAbsent });
  await claim.settle(put({ ...claim.headers, ...claim.condition }), signal);
}

async function requireConditionalWrites(bucket: S3Bucket, key: string): Promise<void> {
  if (await bucket.conditionalWrites.holdForPuts()) return;
  throw new ArtifactStoreError(bucket.store, `create ${key}`, {
    reason: 'the server overwrites silently where it was told not to (it ignores If-None-Match)',
    hint: 'Use a server with conditional writes: AWS S3, Ceph, a current MinIO, R2.',
  });
}
