import { randomUUID } from 'node:crypto';
import { ObjectExistsError } from '@mlstack/core/flavor';
import { S3AnswerError } from './client/s3-answer-error.ts';
import { headerOf } from './client/s3-request.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { isMissing, nameOf, statusOf } from './s3-errors.ts';

const markHeader = 'x-amz-meta-mlstack-write';

type Headers = Readonly<Record<string, string>>;

/**
 * The mark by which a write knows its own object. When the answer to its last request is lost and the request is sent again, the server finds
 * the key taken, or the upload gone: by this very write, or by another.
 */
export class WriteClaim {
  /** To be sent with what creates the object. */
  readonly headers: Headers;
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #mark = randomUUID();
  readonly #ifAbsent: boolean;

  constructor(bucket: S3Bucket, key: string, { ifAbsent }: { readonly ifAbsent: boolean }) {
    this.#bucket = bucket;
    this.#key = key;
    this.#ifAbsent = ifAbsent;
    this.headers = { [markHeader]: this.#mark };
  }

  /** Of the request that makes the object visible. */
  get condition(): Headers {
    return this.#ifAbsent ? { 'if-none-match': '*' } : {};
  }

  /** Waits for the request that makes the object visible, and finds out what its failure means. */
  async settle(sent: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
    try {
      await sent;
    } catch (error) {
      const isTaken = statusOf(error) === 412 || nameOf(error) === 'ConditionalRequestConflict';
      if (!isTaken && nameOf(error) !== 'NoSuchUpload') throw error;
      const attempts = error instanceof S3AnswerError ? error.attempts : 1;
      const mark = isTaken && attempts === 1 ? null : await this.#readMark(signal);
      if (mark === this.#mark) return;
      throw this.#ifAbsent && mark !== undefined ? new ObjectExistsError(this.#bucket.store, this.#key) : error;
    }
  }

  /** Of the object that is there: `null` for one without a mark, `undefined` for none. */
  async #readMark(signal: AbortSignal | undefined): Promise<string | null | undefined> {
    try {
      const head = await this.#bucket.client.send({ method: 'HEAD', ...this.#bucket.object(this.#key), signal });
      return headerOf(head, markHeader) ?? null;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
}
