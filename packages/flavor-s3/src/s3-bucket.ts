import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from './artifact-store.ts';
import { ConditionalWrites } from './conditional-writes.ts';
import { createS3Client } from './create-s3-client.ts';
import { explainS3Error } from './s3-errors.ts';

/** A bucket as a store's config reaches it. Keys are whole, and may be all that S3 takes. */
export class S3Bucket {
  readonly name: string;
  readonly config: S3Config;
  /** The store's name, for messages. */
  readonly store: string;
  readonly conditionalWrites: ConditionalWrites;
  #client: Promise<S3Client> | undefined;

  /** @param probePrefix where the server is tried out; ends in `/` or is empty. */
  constructor(store: string, name: string, config: S3Config, probePrefix: string) {
    this.store = store;
    this.name = name;
    this.config = config;
    this.conditionalWrites = new ConditionalWrites(this, probePrefix);
  }

  client(): Promise<S3Client> {
    this.#client ??= createS3Client(this.config);
    return this.#client;
  }

  object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.name, Key: key };
  }

  /** Does `work`, and says what it throws in a user's words; an abort throws the signal's reason. @param what as in `read a/b`. */
  async telling<Answer>(
    what: string,
    signal: AbortSignal | undefined,
    work: (client: S3Client) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      signal?.throwIfAborted();
      return await work(await this.client());
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw explainS3Error(this.store, what, error);
    }
  }

  /** Another bucket by the same client. */
  sibling(name: string): S3Bucket {
    const bucket = new S3Bucket(this.store, name, this.config, '');
    bucket.#client = this.client();
    return bucket;
  }

  async close(): Promise<void> {
    if (this.#client !== undefined) (await this.#client).destroy();
  }
}

/** Options of a request. */
export function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
