import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.ts';
import { abortable } from './s3-bucket.ts';
import { explainS3Error, StrangeAnswerError } from './s3-errors.ts';

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface ListOptions {
  readonly signal?: AbortSignal | undefined;
  /** Group keys that go on after this, as folders. */
  readonly delimiter?: string;
}

/** One page of keys that begin with `prefix`, in byte order. */
export interface ListedPage {
  readonly objects: readonly ListedObject[];
  /** What was grouped, each up to and with the delimiter. */
  readonly groups: readonly string[];
}

/** Keys come encoded, since XML cannot hold all that S3 takes. */
export async function* listPages(
  bucket: S3Bucket,
  prefix: string,
  { signal, delimiter }: ListOptions = {},
): AsyncGenerator<ListedPage> {
  let token: string | undefined;
  do {
    const page = await bucket.telling(`list ${prefix === '' ? bucket.name : prefix}`, signal, (client) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: bucket.name,
          Prefix: prefix,
          EncodingType: 'url',
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
        abortable(signal),
      ),
    );
    if (page.Name === undefined && page.KeyCount === undefined)
      throw explainS3Error(bucket.store, `list ${bucket.name}`, new StrangeAnswerError('no list'));
    const decode = (text = '') => (page.EncodingType === 'url' ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
    yield {
      objects: (page.Contents ?? []).map(({ Key, Size = 0, LastModified = new Date(0) }) => ({
        key: decode(Key),
        size: Size,
        modifiedAt: LastModified,
      })),
      groups: (page.CommonPrefixes ?? []).map(({ Prefix }) => decode(Prefix)),
    };
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<ListedObject> {
  for await (const { objects } of listPages(bucket, prefix, options)) yield* objects;
}
