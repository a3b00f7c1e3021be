import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { WriteReceipt } from '@mlstack/core/flavor';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import type { BodyPart, BodyParts, PartMemory } from './body-parts.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { requireETag } from './s3-errors.ts';
import { WriteClaim } from './write-claim.ts';

/** S3 takes no longer body in one request. */
const maximumPutBytes = 5 * 1024 ** 3;

interface SpooledBody {
  readonly first: BodyPart;
  readonly memory: PartMemory;
  readonly parts: BodyParts;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates a large object on a server that keeps conditions on whole objects only: the body is kept in a temporary file until its length is
 * known, and is sent in one request, again when that fails.
 */
export async function putSpooled(
  bucket: S3Bucket,
  key: string,
  { first, memory, parts, signal }: SpooledBody,
): Promise<WriteReceipt> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlstack-s3-'));
  try {
    const file = path.join(folder, 'body');
    const spool = await open(file, 'wx', 0o600);
    try {
      for (let part: BodyPart | undefined = first; part !== undefined; part = await parts.next(memory)) {
        if (parts.size > maximumPutBytes) throw new TooLargeError(bucket, key);
        await spool.writeFile(part.bytes);
      }
    } finally {
      await spool.close();
    }
    const receipt = { size: parts.size, sha256: parts.digest() };
    const claim = new WriteClaim(bucket, key, { ifAbsent: true });
    await claim.settle(putFile(bucket, key, { file, claim, signal, ...receipt }), signal);
    return receipt;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface FilePut extends WriteReceipt {
  readonly file: string;
  readonly claim: WriteClaim;
  readonly signal: AbortSignal | undefined;
}

async function putFile(bucket: S3Bucket, key: string, { file, claim, signal, size, sha256 }: FilePut): Promise<void> {
  const answer = await bucket.client.send({
    method: 'PUT',
    ...bucket.object(key),
    headers: { ...claim.headers, ...claim.condition },
    body: { size, open: () => createReadStream(file, { highWaterMark: 1 << 20 }) },
    sha256,
    signal,
  });
  requireETag(answer);
}

class TooLargeError extends ArtifactStoreError {
  constructor(bucket: S3Bucket, key: string) {
    super(bucket.store, `create ${key}`, {
      reason: 'it is larger than 5 GiB, and the server ignores If-None-Match where an upload in parts is completed',
      hint: 'Use a server that keeps it: AWS S3, a current MinIO, Ceph 20.',
    });
  }
}
