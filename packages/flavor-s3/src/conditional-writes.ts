import { randomUUID } from 'node:crypto';
import { MultipartUpload } from './multipart-upload.ts';
import type { S3Bucket, S3Object } from './s3-bucket.ts';
import { statusOf } from './s3-errors.ts';

const onlyIfAbsent = { 'if-none-match': '*' };

/**
 * Whether the server keeps `If-None-Match: *`, asked of the server itself, once, since several ignore it silently: some altogether,
 * some (Ceph before 20) where an upload in parts is completed.
 */
export class ConditionalWrites {
  readonly #bucket: S3Bucket;
  readonly #probePrefix: string;
  #puts: Promise<boolean> | undefined;
  #completions: Promise<boolean> | undefined;

  constructor(bucket: S3Bucket, probePrefix: string) {
    this.#bucket = bucket;
    const { _conditionalPuts: known } = bucket.config;
    if (known !== undefined) this.#puts = Promise.resolve(known);
    this.#probePrefix = probePrefix;
  }

  holdForPuts(): Promise<boolean> {
    this.#puts ??= this.#probe((probe) => this.#put(probe)).catch((error: unknown) => {
      this.#puts = undefined;
      throw error;
    });
    return this.#puts;
  }

  holdForCompletions(): Promise<boolean> {
    this.#completions ??= this.#probe((probe) => this.#complete(probe)).catch((error: unknown) => {
      this.#completions = undefined;
      throw error;
    });
    return this.#completions;
  }

  /** Whether writing what is there already is refused. Leaves nothing behind. */
  async #probe(write: (probe: S3Object) => Promise<unknown>): Promise<boolean> {
    const probe = this.#bucket.object(`${this.#probePrefix}.mlstack-probe-${randomUUID()}`);
    await this.#put(probe);
    try {
      await write(probe);
      return false;
    } catch (error) {
      if (statusOf(error) === 412) return true;
      throw error;
    } finally {
      await this.#bucket.client.send({ method: 'DELETE', ...probe });
    }
  }

  async #put(probe: S3Object): Promise<void> {
    await this.#bucket.client.send({ method: 'PUT', ...probe, body: new Uint8Array(), headers: onlyIfAbsent });
  }

  async #complete(probe: S3Object): Promise<void> {
    const upload = await MultipartUpload.create(this.#bucket.client, probe);
    try {
      const etag = await upload.send(1, new Uint8Array(1));
      await upload.complete([etag], { headers: onlyIfAbsent });
    } catch (error) {
      await upload.abort().catch(() => {});
      throw error;
    }
  }
}
