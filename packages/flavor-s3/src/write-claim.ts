import { randomUUID } from 'node:crypto';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { ObjectExistsError } from '@mlstack/core/flavor';
import type { S3Bucket } from './s3-bucket.ts';
import { abortable } from './s3-bucket.ts';
import { isMissing, nameOf, statusOf } from './s3-errors.ts';

const markName = 'mlstack-write';

/**
 * The mark by which a write knows its own object. When the answer to its last request is lost and the request is sent again, the server finds
 * the key taken, or the upload gone: by this very write, or by another.
 */
export class WriteClaim {
  /** To be sent with what creates the object. */
  readonly metadata: { readonly Metadata: Record<string, string> };
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #mark = randomUUID();
  readonly #ifAbsent: boolean;

  constructor(bucket: S3Bucket, key: string, { ifAbsent }: { readonly ifAbsent: boolean }) {
    this.#bucket = bucket;
    this.#key = key;
    this.#ifAbsent = ifAbsent;
    this.metadata = { Metadata: { [markName]: this.#mark } };
  }

  /** Sends the request that makes the object visible, and finds out what its failure means. */
  async settle(send: (claim: object) => Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    try {
      await send({ ...this.metadata, ...(this.#ifAbsent ? { IfNoneMatch: '*' } : {}) });
    } catch (error) {
      const isTaken = statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict';
      if (!isTaken && nameOf(error) !== 'NoSuchUpload') throw error;
      const attempts = (error as { readonly $metadata?: { readonly attempts?: number } }).$metadata?.attempts ?? 1;
      const mark = isTaken && attempts === 1 ? null : await this.#readMark(signal);
      if (mark === this.#mark) return;
      throw this.#ifAbsent && mark !== undefined ? new ObjectExistsError(this.#bucket.store, this.#key) : error;
    }
  }

  /** Of the object that is there: `null` for one without a mark, `undefined` for none. */
  async #readMark(signal: AbortSignal | undefined): Promise<string | null | undefined> {
    const client = await this.#bucket.client();
    try {
      const { Metadata = {} } = await client.send(
        new HeadObjectCommand(this.#bucket.object(this.#key)),
        abortable(signal),
      );
      return Metadata[markName] ?? null;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
