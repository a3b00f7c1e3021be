import { setTimeout as sleep } from 'node:timers/promises';
import type { _Error as DeleteFailure } from '@aws-sdk/client-s3';
import { DeleteObjectsCommand } from '@aws-sdk/client-s3';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import { RetrySchedule } from './retry-schedule.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { abortable } from './s3-bucket.ts';
import { explanationOf } from './s3-errors.ts';

/** S3 deletes at most this many objects by one request. */
const deletedAtOnce = 1000;

/** Keys with nothing behind them are no error. */
export async function deleteObjects(
  bucket: S3Bucket,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  for (let start = 0; start < keys.length; start += deletedAtOnce)
    await deleteBatch(bucket, keys.slice(start, start + deletedAtOnce), signal);
}

/** The answer is a success also where single objects could not be deleted: those are tried again. */
async function deleteBatch(bucket: S3Bucket, keys: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  const what = keys.length === 1 ? `delete ${keys[0]}` : `delete ${keys.length} objects`;
  const schedule = new RetrySchedule(bucket.config.retrySeconds * 1000);
  let left = keys;
  await bucket.telling(what, signal, async (client) => {
    for (;;) {
      const Delete = { Quiet: true, Objects: left.map((Key) => ({ Key })) };
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket.name, Delete }),
        abortable(signal),
      );
      const failures = Errors.filter(({ Code }) => Code !== 'NoSuchKey');
      const [failure] = failures;
      if (failure === undefined) return;
      const delay = failures.every(isPassing) ? schedule.next() : undefined;
      if (delay === undefined) throw new DeleteError(bucket, failure);
      left = failures.flatMap(({ Key }) => Key ?? []);
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    }
  });
}

function isPassing({ Code = '' }: DeleteFailure): boolean {
  return !['AccessDenied', 'InvalidArgument', 'MethodNotAllowed', 'NotImplemented'].includes(Code);
}

class DeleteError extends ArtifactStoreError {
  constructor(bucket: S3Bucket, { Key, Code, Message }: DeleteFailure) {
    const cause = Object.assign(new Error(Message || Code || 'no reason was given'), { name: Code ?? 'Error' });
    super(bucket.store, `delete ${Key}`, { ...explanationOf(cause), cause });
  }
}
