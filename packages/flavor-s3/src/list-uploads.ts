import type { S3Client } from './client/s3-client.ts';
import { elementsOf, keyReader, textOf } from './client/xml.ts';

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
    const keyOf = keyReader(page);
    for (const { Key, UploadId, Initiated } of elementsOf(page.Upload)) {
      const initiatedAt = new Date(textOf(Initiated) ?? '');
      // What has no date might have been begun now.
      if (Number.isNaN(initiatedAt.getTime())) continue;
      yield { key: keyOf(Key), id: textOf(UploadId) ?? '', initiatedAt };
    }
    position = undefined;
    const keyMarker = keyOf(page.NextKeyMarker);
    const idMarker = textOf(page.NextUploadIdMarker);
    if (textOf(page.IsTruncated) === 'true' && keyMarker !== '')
      position = { 'key-marker': keyMarker, ...(idMarker ? { 'upload-id-marker': idMarker } : {}) };
  } while (position !== undefined);
}
