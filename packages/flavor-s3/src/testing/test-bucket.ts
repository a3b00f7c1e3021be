import { randomUUID } from 'node:crypto';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { CreateBucketCommand, DeleteBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../artifact-store.ts';
import { deleteObjects } from '../delete-objects.ts';
import { listObjects } from '../list-objects.ts';
import type { S3ArtifactStore } from '../s3-artifact-store.ts';
import { createTestStore } from './test-store.ts';

/** Of the server for integration tests; without one they skip themselves. */
export const realEndpoint = process.env.MLSTACK_TEST_S3_ENDPOINT;
const realServer = { endpoint: realEndpoint ?? 'http://127.0.0.1', region: 'us-east-1' };

/** A bucket of a test file's own on an S3 server. */
export class TestBucket {
  readonly name = `mlstack-test-${randomUUID()}`;
  readonly #server: Partial<S3Config>;
  readonly #opened: S3ArtifactStore[] = [];
  #client: S3Client | undefined;

  /** @param server what reaches the server. */
  constructor(server: Partial<S3Config> = realServer) {
    this.#server = server;
  }

  /** The AWS SDK's: what another client sees there. */
  get client(): S3Client {
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#server;
    const credentials =
      accessKeyId === undefined || secretAccessKey === undefined
        ? {}
        : { credentials: { accessKeyId, secretAccessKey } };
    this.#client ??= new S3Client({ endpoint, region, ...credentials, forcePathStyle: true } as S3ClientConfig);
    return this.#client;
  }

  async create(): Promise<this> {
    await this.client.send(new CreateBucketCommand({ Bucket: this.name }));
    return this;
  }

  /** @param config may name another endpoint: a proxy before the server. */
  open(config: Partial<S3Config> = {}): S3ArtifactStore {
    const store = createTestStore({
      path: `s3://${this.name}`,
      ...this.#server,
      ...config,
    });
    this.#opened.push(store);
    return store;
  }

  /** Of all that is in it. */
  async keys(): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of listObjects(this.open().bucket, '')) keys.push(key);
    return keys;
  }

  /** Keys of what was begun in parts and is neither complete nor aborted. */
  async unfinishedUploads(): Promise<string[]> {
    const { client } = this;
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: this.name }));
    return Uploads.map(({ Key = '' }) => Key);
  }

  /** Removes the bucket and all in it. */
  async remove(): Promise<void> {
    const store = this.open();
    await store.deleteUnfinished('', new Date(Date.now() + 3_600_000));
    await deleteObjects(store.bucket, await this.keys(), undefined);
    await this.client.send(new DeleteBucketCommand({ Bucket: this.name }));
    await Promise.all(this.#opened.map((opened) => opened.close()));
    this.#client?.destroy();
  }
}
