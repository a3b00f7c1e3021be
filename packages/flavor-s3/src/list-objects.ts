import { elementsOf, keyReader, textOf } from './client/xml.ts';
import type { S3Bucket } from './s3-bucket.ts';

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
    const query = {
      'list-type': '2',
      prefix,
      'encoding-type': 'url',
      ...(delimiter === undefined ? {} : { delimiter }),
      ...(token === undefined ? {} : { 'continuation-token': token }),
    };
    const page = await bucket.telling(`list ${prefix === '' ? bucket.name : prefix}`, signal, (client) =>
      client.sendForXml({ method: 'GET', bucket: bucket.name, query, signal }, 'ListBucketResult'),
    );
    const keyOf = keyReader(page);
    yield {
      objects: elementsOf(page.Contents).map(({ Key, Size, LastModified }) => ({
        key: keyOf(Key),
        size: Number(textOf(Size) ?? 0),
        modifiedAt: new Date(textOf(LastModified) ?? 0),
      })),
      groups: elementsOf(page.CommonPrefixes).map(({ Prefix }) => keyOf(Prefix)),
    };
    token = textOf(page.IsTruncated) === 'true' ? textOf(page.NextContinuationToken) : undefined;
  } while (token !== undefined);
}

export async function* listObjects(
  bucket: S3Bucket,
  prefix: string,
  options: ListOptions = {},
): AsyncGenerator<ListedObject> {
  for await (const { objects } of listPages(bucket, prefix, options)) yield* objects;
}
