import type { S3Client } from './client/s3-client.ts';
import { elementsOf, textOf } from './client/xml.ts';

/** An upload in parts that is neither complete nor aborted. */
export interface UnfinishedUpload {
  readonly key: string;
  readonly id: string;
  readonly initiatedAt: Date;
}

/** Those of keys that begin with `prefix`. */
export async function* listUploads(client: S3Client, bucket: string, prefix: string): AsyncGenerator<UnfinishedUpload> {
  let position: Readonly<Record<string, string>> | undefined;
  do {
    const query = { uploads: '', prefix, 'encoding-type': 'url', ...position };
    // Servers that do not know the question list objects.
    const roots = ['ListMultipartUploadsResult', 'ListBucketResult'];
    const page = await client.sendForXml({ method: 'GET', bucket, query }, ...roots);
    const isEncoded = textOf(page.EncodingType) === 'url';
    const decode = (text: string) => (isEncoded ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
    for (const { Key, UploadId, Initiated } of elementsOf(page.Upload)) {
      const [key = '', id = '', initiated = ''] = [Key, UploadId, Initiated].map(textOf);
      const initiatedAt = new Date(initiated);
      // What has no date might have been begun now.
      if (Number.isNaN(initiatedAt.getTime())) continue;
      yield { key: decode(key), id, initiatedAt };
    }
    position = undefined;
    const [isTruncated, keyMarker, idMarker] = [page.IsTruncated, page.NextKeyMarker, page.NextUploadIdMarker].map(
      textOf,
    );
    if (isTruncated === 'true' && keyMarker)
      position = { 'key-marker': decode(keyMarker), ...(idMarker ? { 'upload-id-marker': idMarker } : {}) };
  } while (position !== undefined);
}
