import { hash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import type { BodyPart, BodyParts, PartMemory } from './body-parts.ts';
import { payloadHash } from './payload-hash.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { abortable } from './s3-bucket.ts';
import { requireETag } from './s3-errors.ts';
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
  const client = await bucket.client();
  const claim = new WriteClaim(bucket, key, { ifAbsent });
  const created = new CreateMultipartUploadCommand({ ...bucket.object(key), ...claim.metadata });
  const { UploadId } = await client.send(created, abortable(signal));
  const upload = { ...bucket.object(key), UploadId };
  const failed = new AbortController();
  const partSignal = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const sent: { readonly PartNumber: number; readonly ETag: string }[] = [];

  const send = async ({ number, bytes }: BodyPart) => {
    if (number > maximumParts) throw new TooManyPartsError(bucket, key);
    const part = { PartNumber: number, Body: bytes, ContentLength: bytes.byteLength };
    const command = new UploadPartCommand({ ...upload, ...part });
    command.middlewareStack.use(payloadHash(hash('sha256', bytes)));
    const ETag = requireETag(await client.send(command, abortable(partSignal)));
    sent[number - 1] = { PartNumber: number, ETag };
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
    const complete = (condition: object) =>
      client.send(
        new CompleteMultipartUploadCommand({ ...upload, ...condition, MultipartUpload: { Parts: sent } }),
        abortable(signal),
      );
    await claim.settle(complete, signal);
  } catch (error) {
    parts.close();
    await Promise.allSettled(senders);
    const abort = new AbortMultipartUploadCommand(upload);
    await client.send(abort, { abortSignal: AbortSignal.timeout(abortTimeoutMs) }).catch(() => {});
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
