import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import { checksumHeaders } from './client/checksum-headers.ts';
import type { XmlElement } from './client/xml.ts';
import { elementsOf, escapeXml, textOf, xmlDocument } from './client/xml.ts';
import { RetrySchedule } from './retry-schedule.ts';
import type { S3Bucket } from './s3-bucket.ts';
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
      const objects = left.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
      const body = xmlDocument('Delete', `<Quiet>true</Quiet>${objects.join('')}`);
      const answer = await client.sendForXml(
        {
          method: 'POST',
          bucket: bucket.name,
          query: { delete: '' },
          headers: checksumHeaders(body),
          body,
          signal,
        },
        'DeleteResult',
      );
      const failures = elementsOf(answer.Error)
        .map(failureOf)
        .filter(({ code }) => code !== 'NoSuchKey');
      const [failure] = failures;
      if (failure === undefined) return;
      const delay = failures.every(isPassing) ? schedule.next() : undefined;
      if (delay === undefined) throw new DeleteError(bucket, failure);
      left = failures.map(({ key }) => key);
      await sleep(delay, undefined, signal === undefined ? {} : { signal });
    }
  });
}

interface DeleteFailure {
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

function failureOf({ Key, Code, Message }: XmlElement): DeleteFailure {
  return { key: textOf(Key) ?? '', code: textOf(Code) ?? '', message: textOf(Message) ?? '' };
}

function isPassing({ code }: DeleteFailure): boolean {
  return !['AccessDenied', 'InvalidArgument', 'MethodNotAllowed', 'NotImplemented'].includes(code);
}

class DeleteError extends ArtifactStoreError {
  constructor(bucket: S3Bucket, { key, code, message }: DeleteFailure) {
    const cause = Object.assign(new Error(message || code || 'no reason was given'), { name: code || 'Error' });
    super(bucket.store, `delete ${key}`, { ...explanationOf(cause), cause });
  }
}
