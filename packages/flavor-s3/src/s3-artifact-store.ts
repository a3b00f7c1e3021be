import type {
  ArtifactKey,
  ComponentInit,
  ComponentStatus,
  Finding,
  LifecycleOutcome,
  ObjectStat,
  ReadOptions,
  WriteOptions,
  WriteReceipt,
} from '@mlstack/core/flavor';
import { ArtifactStore, ArtifactStoreError, isArtifactKey, ObjectNotFoundError } from '@mlstack/core/flavor';
import type { S3Config } from './artifact-store.ts';
import { headerOf } from './client/s3-request.ts';
import { deleteObjects } from './delete-objects.ts';
import { listObjects } from './list-objects.ts';
import { listUploads } from './list-uploads.ts';
import { MultipartUpload } from './multipart-upload.ts';
import { readObject } from './read-object.ts';
import type { S3Address } from './s3-address.ts';
import { parseS3Address } from './s3-address.ts';
import { S3Bucket } from './s3-bucket.ts';
import { isMissing, requireETag } from './s3-errors.ts';
import { writeObject } from './write-object.ts';

/** Who asks how things are does not wait for them to get better. */
const impatience = { retrySeconds: 2, timeoutSeconds: 8 };

type Abortable = { readonly signal?: AbortSignal };

/** Objects of a bucket, under their keys after the prefix. Nothing is sent, and no credentials are looked for, before the first use. */
export class S3ArtifactStore extends ArtifactStore<S3Config> {
  readonly address: S3Address;
  readonly bucket: S3Bucket;

  constructor(init: ComponentInit<S3Config>) {
    super(init);
    this.address = parseS3Address(init.config.path);
    this.bucket = new S3Bucket(this.name, this.address.bucket, init.config, this.address.prefix);
  }

  async write(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: WriteOptions = {},
  ): Promise<WriteReceipt> {
    return await writeObject(this.bucket, this.#keyOf(key, 'write'), body, options);
  }

  async *read(key: ArtifactKey, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const whole = this.#keyOf(key, 'read');
    const { range, signal } = options;
    if (range !== undefined) checkRange(range);
    if (range?.end !== undefined && range.end === range.start) {
      const found = await this.stat(key, signal === undefined ? {} : { signal });
      if (found === undefined) throw new ObjectNotFoundError(this.name, key);
    } else yield* readObject(this.bucket, whole, options);
  }

  async stat(key: ArtifactKey, { signal }: Abortable = {}): Promise<ObjectStat | undefined> {
    const whole = this.#keyOf(key, 'look at');
    return await this.bucket.telling(`look at ${key}`, signal, async (client) => {
      try {
        const head = await client.send({ method: 'HEAD', ...this.bucket.object(whole), signal });
        requireETag(head);
        const modifiedAt = new Date(headerOf(head, 'last-modified') ?? 0);
        return { key, size: Number(headerOf(head, 'content-length') ?? 0), modifiedAt };
      } catch (error) {
        if (!isMissing(error)) throw error;
        // A HEAD has no body that would tell a missing bucket from a missing object.
        const query = { 'list-type': '2', prefix: this.address.prefix, 'max-keys': '1' };
        await client.send({ method: 'GET', bucket: this.bucket.name, query, signal });
        return undefined;
      }
    });
  }

  async *list(prefix: string, options: Abortable = {}): AsyncGenerator<ObjectStat> {
    const { length } = this.address.prefix;
    for await (const { key, ...object } of listObjects(this.bucket, this.address.prefix + prefix, options))
      yield { key: key.slice(length), ...object };
  }

  async delete(keys: readonly ArtifactKey[], { signal }: Abortable = {}): Promise<void> {
    const whole = keys.map((key) => this.#keyOf(key, 'delete'));
    await deleteObjects(this.bucket, whole, signal);
  }

  override async deleteUnfinished(
    prefix: string,
    olderThan: Date,
    isUnderWay: (key: ArtifactKey) => Promise<boolean> = async () => false,
  ): Promise<number> {
    return await this.bucket.telling(`abort unfinished uploads under ${prefix}`, undefined, async (client) => {
      let aborted = 0;
      for await (const { key, id, initiatedAt } of listUploads(
        client,
        this.bucket.name,
        this.address.prefix + prefix,
      )) {
        if (initiatedAt >= olderThan) continue;
        if (await isUnderWay(key.slice(this.address.prefix.length))) continue;
        if (await new MultipartUpload(client, this.bucket.object(key), id).abort()) aborted++;
      }
      return aborted;
    });
  }

  override async presign(
    key: ArtifactKey,
    { method, expiresInSeconds }: { readonly method: 'GET' | 'PUT'; readonly expiresInSeconds: number },
  ): Promise<string> {
    const object = this.bucket.object(this.#keyOf(key, 'presign'));
    if (hasDotSegment(object.key))
      throw new ArtifactStoreError(this.name, `presign ${key}`, {
        reason: 'the segment ".." or "." of the path of the store is lost in a URL',
        hint: 'Use a store whose path has none.',
      });
    return await this.bucket.telling(`presign ${key}`, undefined, (client) =>
      client.presign({ method, ...object }, expiresInSeconds),
    );
  }

  override async remoteConfig(): Promise<S3Config> {
    const holdForPuts = await this.bucket.telling('try conditional writes', undefined, () =>
      this.bucket.conditionalWrites.holdForPuts(),
    );
    return { ...this.config, _conditionalPuts: holdForPuts };
  }

  uri(key: ArtifactKey): string {
    return `s3://${this.address.bucket}/${this.address.prefix}${key}`;
  }

  override async provision(): Promise<LifecycleOutcome> {
    const { provisionBucket } = await import('./provision-bucket.ts');
    return await provisionBucket(this.bucket, this.context.stateDirectory);
  }

  override async deprovision(): Promise<LifecycleOutcome> {
    const { deprovisionBucket } = await import('./provision-bucket.ts');
    return await deprovisionBucket(this.bucket, this.context.stateDirectory);
  }

  override async status(): Promise<ComponentStatus> {
    const { bucketStatus } = await import('./provision-bucket.ts');
    return await this.#impatiently(bucketStatus);
  }

  override async diagnose(): Promise<Finding[]> {
    const { diagnoseBucket } = await import('./diagnose-bucket.ts');
    return await this.#impatiently((bucket) => diagnoseBucket(bucket, this.address.prefix));
  }

  override async close(): Promise<void> {
    await this.bucket.close();
  }

  /** The same client with less patience. */
  async #impatiently<Answer>(look: (bucket: S3Bucket) => Promise<Answer>): Promise<Answer> {
    const config = { ...this.config };
    for (const field of ['retrySeconds', 'timeoutSeconds'] as const)
      config[field] = Math.min(config[field], impatience[field]);
    const bucket = new S3Bucket(this.name, this.bucket.name, config, this.address.prefix);
    try {
      return await look(bucket);
    } finally {
      await bucket.close();
    }
  }

  #keyOf(key: ArtifactKey, verb: string): string {
    if (isArtifactKey(key)) return this.address.prefix + key;
    throw new ArtifactStoreError(this.name, `${verb} ${JSON.stringify(key.slice(0, 100))}`, {
      reason: 'that is no key of an artifact',
    });
  }
}

function hasDotSegment(key: string): boolean {
  return /(^|\/)\.\.?(\/|$)/.test(key);
}

function checkRange({ start, end = start }: NonNullable<ReadOptions['range']>): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new RangeError(`[${start}, ${end}) is no range of bytes.`);
}
