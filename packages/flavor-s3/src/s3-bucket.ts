import type { S3Config } from './artifact-store.ts';
import { S3Client } from './client/s3-client.ts';
import { ConditionalWrites } from './conditional-writes.ts';
import { explainS3Error } from './s3-errors.ts';

export interface S3Object {
  readonly bucket: string;
  readonly key: string;
}

/** A bucket as a store's config reaches it. Keys are whole, and may be all that S3 takes. */
export class S3Bucket {
  readonly name: string;
  readonly config: S3Config;
  /** The store's name, for messages. */
  readonly store: string;
  readonly conditionalWrites: ConditionalWrites;
  #client: S3Client | undefined;

  /** @param probePrefix where the server is tried out; ends in `/` or is empty. */
  constructor(store: string, name: string, config: S3Config, probePrefix: string) {
    this.store = store;
    this.name = name;
    this.config = config;
    this.conditionalWrites = new ConditionalWrites(this, probePrefix);
  }

  get client(): S3Client {
    this.#client ??= new S3Client(this.config);
    return this.#client;
  }

  object(key: string): S3Object {
    return { bucket: this.name, key };
  }

  /** Does `work`, and says what it throws in a user's words; an abort throws the signal's reason. @param what as in `read a/b`. */
  async telling<Answer>(
    what: string,
    signal: AbortSignal | undefined,
    work: (client: S3Client) => Promise<Answer>,
  ): Promise<Answer> {
    try {
      signal?.throwIfAborted();
      return await work(this.client);
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw explainS3Error(this.store, what, error);
    }
  }

  /** Another bucket by the same client. */
  sibling(name: string): S3Bucket {
    const bucket = new S3Bucket(this.store, name, this.config, '');
    bucket.#client = this.client;
    return bucket;
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}
