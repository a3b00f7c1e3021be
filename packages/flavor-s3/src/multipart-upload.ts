import type { S3Client } from './client/s3-client.ts';
import { escapeXml, textOf, xmlDocument } from './client/xml.ts';
import type { S3Object } from './s3-bucket.ts';
import { nameOf, requireETag, StrangeAnswerError } from './s3-errors.ts';

interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** An object that is uploaded in parts, by the requests of S3. */
export class MultipartUpload {
  readonly #client: S3Client;
  readonly #object: S3Object;
  readonly #id: string;

  constructor(client: S3Client, object: S3Object, id: string) {
    this.#client = client;
    this.#object = object;
    this.#id = id;
  }

  static async create(client: S3Client, object: S3Object, options: PostOptions = {}): Promise<MultipartUpload> {
    const request = { method: 'POST', ...object, query: { uploads: '' }, ...options } as const;
    const id = textOf((await client.sendForXml(request, 'InitiateMultipartUploadResult')).UploadId);
    if (id === undefined) throw new StrangeAnswerError('no id of the upload');
    return new MultipartUpload(client, object, id);
  }

  /** Gives the part's ETag. */
  async send(number: number, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    const query = { partNumber: String(number), uploadId: this.#id };
    return requireETag(await this.#client.send({ method: 'PUT', ...this.#object, query, body: bytes, signal }));
  }

  /** @param etags of all parts, in their order. */
  async complete(etags: readonly string[], options: PostOptions = {}): Promise<void> {
    const parts = etags.map(
      (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    );
    const body = xmlDocument('CompleteMultipartUpload', parts.join(''));
    await this.#client.sendForXml(
      { method: 'POST', ...this.#object, query: { uploadId: this.#id }, body, ...options },
      'CompleteMultipartUploadResult',
    );
  }

  /** False where it is complete, or another has aborted it. */
  async abort(signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#client.send({ method: 'DELETE', ...this.#object, query: { uploadId: this.#id }, signal });
      return true;
    } catch (error) {
      if (nameOf(error) === 'NoSuchUpload') return false;
      throw error;
    }
  }
}
