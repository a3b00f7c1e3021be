import { ArtifactStoreError } from '@mlstack/core/flavor';
import type { BodyPart, BodyParts, PartMemory } from './body-parts.ts';
import { MultipartUpload } from './multipart-upload.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { WriteClaim } from './write-claim.ts';

/** S3 takes at most this many parts. */
export const maximumParts = 10_000;
/** An upload that cannot be aborted now is found by `deleteUnfinished`. */
const abortTimeoutMs = 10_000;

export interface PartsUpload {
  readonly first: BodyPart;
  /** Where `first` was gathered. */
  readonly memory: PartMemory;
  readonly parts: BodyParts;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Sends a body in parts, several side by side, each again when it failed. Leaves no unfinished upload when it fails. */
export async function uploadParts(
  bucket: S3Bucket,
  key: string,
  { first, memory, parts, ifAbsent, signal }: PartsUpload,
): Promise<void> {
  const claim = new WriteClaim(bucket, key, { ifAbsent });
  const upload = await MultipartUpload.create(bucket.client, bucket.object(key), { headers: claim.headers, signal });
  const failed = new AbortController();
  const partSignal = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const etags: string[] = [];

  const send = async ({ number, bytes }: BodyPart) => {
    if (number > maximumParts) throw new TooManyPartsError(bucket, key);
    etags[number - 1] = await upload.send(number, bytes, partSignal);
  };
  const sendInTurn = async (own: PartMemory, part: BodyPart | undefined) => {
    try {
      for (let next = part ?? (await parts.next(own)); next !== undefined; next = await parts.next(own))
        await send(next);
    } catch (error) {
      failed.abort();
      throw error;
    }
  };

  const senders = [
    sendInTurn(memory, first),
    ...Array.from({ length: bucket.config.concurrency - 1 }, () => sendInTurn({}, undefined)),
  ];
  try {
    await Promise.all(senders);
    await claim.settle(upload.complete(etags, { headers: claim.condition, signal }), signal);
  } catch (error) {
    parts.close();
    await Promise.allSettled(senders);
    await upload.abort(AbortSignal.timeout(abortTimeoutMs)).catch(() => {});
    throw error;
  }
}

class TooManyPartsError extends ArtifactStoreError {
  constructor(bucket: S3Bucket, key: string) {
    super(bucket.store, `write ${key}`, {
      reason: `it is longer than ${maximumParts} parts of ${bucket.config.partSizeMiB} MiB`,
      hint: 'Set a larger --partSizeMiB on the store.',
    });
  }
}
