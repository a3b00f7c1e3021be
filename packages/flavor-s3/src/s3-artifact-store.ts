import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import {
  type ArtifactKey,
  ArtifactStore,
  ArtifactStoreError,
  type ComponentInit,
  type ComponentStatus,
  type Finding,
  type LifecycleOutcome,
  ObjectExistsError,
  ObjectNotFoundError,
  type ObjectStat,
  type ReadOptions,
  type WriteOptions,
  type WriteReceipt,
} from '@mlstack/core/flavor';
import type { S3Config } from './artifact-store.ts';
import { createS3Client } from './create-s3-client.ts';
import { inOrder } from './in-order.ts';
import { parseS3Address, type S3Address } from './s3-address.ts';
import { explainS3Error, isMissing, nameOf, statusOf } from './s3-errors.ts';
import { splitParts } from './split-parts.ts';

const mebibyte = 1024 * 1024;
/** S3 takes at most this many parts. */
const maximumParts = 10_000;

export class S3ArtifactStore extends ArtifactStore<S3Config> {
  readonly address: S3Address;
  #client: Promise<S3Client> | undefined;
  #refusesOverwrites: Promise<boolean> | undefined;

  constructor(init: ComponentInit<S3Config>) {
    super(init);
    this.address = parseS3Address(init.config.path);
  }

  client(): Promise<S3Client> {
    this.#client ??= createS3Client(this.config);
    return this.#client;
  }

  async write(key: ArtifactKey, body: Uint8Array | AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<WriteReceipt> {
    return this.#telling(`write ${key}`, async () => {
      if (options.ifAbsent === true) await this.#requireConditionalWrites(key);
      const hash = createHash('sha256');
      let size = 0;
      const wrongSize = () =>
        new ArtifactStoreError(this.name, `write ${key}`, { reason: `its body has ${size} bytes, and ${options.size} were announced` });
      const measured = async function* (parts: AsyncIterable<Uint8Array>) {
        for await (const part of parts) {
          options.signal?.throwIfAborted();
          hash.update(part);
          size += part.byteLength;
          if (options.size !== undefined && size > options.size) throw wrongSize();
          yield part;
        }
        if (options.size !== undefined && size !== options.size) throw wrongSize();
      };
      const known = body instanceof Uint8Array ? body.byteLength : options.size;
      const partSize = Math.max(this.config.partSizeMiB * mebibyte, Math.ceil((known ?? 0) / maximumParts));
      const parts = measured(splitParts(body, partSize));
      const first = (await parts.next()).value as Uint8Array;
      if (first.byteLength < partSize) {
        await parts.next();
        await this.#put(key, first, options);
      } else {
        await this.#putInParts(key, first, parts, options);
      }
      return { size, sha256: hash.digest('hex') };
    }, options.signal);
  }

  async *read(key: ArtifactKey, { range, signal }: ReadOptions = {}): AsyncIterable<Uint8Array> {
    const partSize = this.config.partSizeMiB * mebibyte;
    const start = range?.start ?? 0;
    const end = range?.end;
    if (end !== undefined && end <= start) {
      if ((await this.stat(key, signal === undefined ? {} : { signal })) === undefined) throw new ObjectNotFoundError(this.name, key);
      return;
    }
    const first = await this.#fetchPart(key, { start, end: Math.min(end ?? Number.POSITIVE_INFINITY, start + partSize) }, undefined, signal);
    if (first === undefined) return;
    yield first.bytes;
    const last = Math.min(end ?? first.size, first.size);
    const starts = (function* () {
      for (let at = start + first.bytes.byteLength; at < last; at += partSize) yield at;
    })();
    for await (const part of inOrder(starts, this.config.concurrency, (at) =>
      this.#fetchPart(key, { start: at, end: Math.min(at + partSize, last) }, first.etag, signal),
    )) {
      if (part !== undefined) yield part.bytes;
    }
  }

  async stat(key: ArtifactKey, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ObjectStat | undefined> {
    return this.#telling(`look at ${key}`, async (client) => {
      try {
        const head = await client.send(new HeadObjectCommand(this.#object(key)), abortable(signal));
        return { key, size: head.ContentLength ?? 0, modifiedAt: head.LastModified ?? new Date(0) };
      } catch (error) {
        if (!isMissing(error)) throw error;
        // A HEAD has no body that would tell a missing bucket from a missing object.
        await this.#requireBucket(client, signal);
        return undefined;
      }
    }, signal);
  }

  async *list(prefix: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncIterable<ObjectStat> {
    let token: string | undefined;
    do {
      const page = await this.#telling(`list ${prefix}`, (client) =>
        client.send(
          new ListObjectsV2Command({
            Bucket: this.address.bucket,
            Prefix: this.address.prefix + prefix,
            ...(token === undefined ? {} : { ContinuationToken: token }),
          }),
          abortable(signal),
        ), signal);
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? [])
        yield { key: Key.slice(this.address.prefix.length), size: Size, modifiedAt: LastModified };
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (token !== undefined);
  }

  async delete(keys: readonly ArtifactKey[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    for (let start = 0; start < keys.length; start += 1000) {
      const batch = keys.slice(start, start + 1000);
      await this.#telling(`delete ${batch.length} objects`, async (client) => {
        const { Errors = [] } = await client.send(
          new DeleteObjectsCommand({ Bucket: this.address.bucket, Delete: { Quiet: true, Objects: batch.map((key) => ({ Key: this.address.prefix + key })) } }),
          abortable(signal),
        );
        const failure = Errors.find(({ Code }) => Code !== 'NoSuchKey');
        if (failure !== undefined)
          throw new ArtifactStoreError(this.name, `delete ${failure.Key?.slice(this.address.prefix.length)}`, {
            reason: failure.Message ?? failure.Code ?? 'no reason was given',
            hint: 'Run `mlstack doctor`: it finds out which permission is missing.',
          });
      }, signal);
    }
  }

  override async deleteUnfinished(prefix: string, olderThan: Date): Promise<number> {
    return this.#telling(`abort unfinished uploads below ${prefix}`, async (client) => {
      const bucket = { Bucket: this.address.bucket };
      let aborted = 0;
      let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
      while (marker !== undefined) {
        const page: import('@aws-sdk/client-s3').ListMultipartUploadsCommandOutput = await client.send(
          new ListMultipartUploadsCommand({ ...bucket, Prefix: this.address.prefix + prefix, ...marker }),
        );
        for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
          if (Initiated === undefined || Initiated >= olderThan) continue;
          await client.send(new AbortMultipartUploadCommand({ ...bucket, Key, UploadId }));
          aborted++;
        }
        marker =
          page.IsTruncated === true && page.NextKeyMarker !== undefined
            ? { KeyMarker: page.NextKeyMarker, ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }) }
            : undefined;
      }
      return aborted;
    });
  }

  override async presign(key: ArtifactKey, { method, expiresInSeconds }: { readonly method: 'GET' | 'PUT'; readonly expiresInSeconds: number }): Promise<string> {
    return this.#telling(`presign ${key}`, async (client) => {
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
      const command = method === 'GET' ? new GetObjectCommand(this.#object(key)) : new PutObjectCommand(this.#object(key));
      return getSignedUrl(client, command, { expiresIn: expiresInSeconds });
    });
  }

  uri(key: ArtifactKey): string {
    return `s3://${this.address.bucket}/${this.address.prefix}${key}`;
  }

  override async provision(): Promise<LifecycleOutcome> {
    const { provisionBucket } = await import('./provision-bucket.ts');
    return this.#telling(`provision bucket ${this.address.bucket}`, (client) => provisionBucket(client, this.address.bucket, this.config, this.context.stateDirectory));
  }

  override async deprovision(): Promise<LifecycleOutcome> {
    const { deprovisionBucket } = await import('./provision-bucket.ts');
    return this.#telling(`deprovision bucket ${this.address.bucket}`, (client) => deprovisionBucket(client, this.address.bucket, this.context.stateDirectory));
  }

  override async status(): Promise<ComponentStatus> {
    try {
      const client = await this.client();
      const { bucketExists } = await import('./provision-bucket.ts');
      return (await bucketExists(client, this.address.bucket))
        ? { state: 'ready' }
        : { state: 'not-provisioned', message: `bucket ${this.address.bucket} does not exist` };
    } catch (error) {
      return { state: 'failed', message: explainS3Error(this.name, `reach bucket ${this.address.bucket}`, error).message };
    }
  }

  override async diagnose(): Promise<Finding[]> {
    const { diagnoseBucket } = await import('./diagnose-bucket.ts');
    return diagnoseBucket(await this.client(), this.address, this.config, () => this.refusesOverwrites());
  }

  override async close(): Promise<void> {
    if (this.#client !== undefined) (await this.#client).destroy();
  }

  /** Whether the server keeps `If-None-Match: *`: asked of the server itself, once, since several ignore it silently. */
  refusesOverwrites(): Promise<boolean> {
    this.#refusesOverwrites ??= this.#probeConditionalWrites();
    this.#refusesOverwrites.catch(() => {
      this.#refusesOverwrites = undefined;
    });
    return this.#refusesOverwrites;
  }

  async #probeConditionalWrites(): Promise<boolean> {
    const client = await this.client();
    const probe = { ...this.#object(`.mlstack-probe-${randomUUID()}`), Body: new Uint8Array(), IfNoneMatch: '*' };
    await client.send(new PutObjectCommand(probe));
    try {
      await client.send(new PutObjectCommand(probe));
      return false;
    } catch (error) {
      if (statusOf(error) === 412) return true;
      throw error;
    } finally {
      await client.send(new DeleteObjectsCommand({ Bucket: probe.Bucket, Delete: { Quiet: true, Objects: [{ Key: probe.Key }] } }));
    }
  }

  async #requireConditionalWrites(key: string): Promise<void> {
    if (await this.refusesOverwrites()) return;
    throw new ArtifactStoreError(this.name, `create ${key}`, {
      reason: 'the server overwrites silently where it was told not to (it ignores If-None-Match)',
      hint: 'Use a server with conditional writes: AWS S3, Ceph, a current MinIO, R2.',
    });
  }

  async #requireBucket(client: S3Client, signal: AbortSignal | undefined): Promise<void> {
    await client.send(new ListObjectsV2Command({ Bucket: this.address.bucket, Prefix: this.address.prefix, MaxKeys: 1 }), abortable(signal));
  }

  async #put(key: string, body: Uint8Array, { ifAbsent, signal }: WriteOptions): Promise<void> {
    const client = await this.client();
    const request = { ...this.#object(key), Body: body, ContentMD5: md5(body), ...(ifAbsent === true ? { IfNoneMatch: '*' } : {}) };
    await this.#creating(key, ifAbsent, body, () => client.send(new PutObjectCommand(request), abortable(signal)));
  }

  async #putInParts(key: string, first: Uint8Array, rest: AsyncIterable<Uint8Array>, { ifAbsent, signal }: WriteOptions): Promise<void> {
    const client = await this.client();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(this.#object(key)), abortable(signal));
    const upload = { ...this.#object(key), UploadId };
    const stop = new AbortController();
    const partSignal = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    try {
      const all = async function* () {
        yield first;
        yield* rest;
      };
      const parts: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
      for await (const part of inOrder(all(), this.config.concurrency, async (body, index) => {
        const PartNumber = index + 1;
        const request = { ...upload, PartNumber, Body: body, ContentMD5: md5(body) };
        const { ETag } = await client.send(new UploadPartCommand(request), abortable(partSignal));
        return { PartNumber, ETag };
      }))
        parts.push(part);
      await this.#creating(key, ifAbsent, undefined, () =>
        client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts }, ...(ifAbsent === true ? { IfNoneMatch: '*' } : {}) }), abortable(signal)),
      );
    } catch (error) {
      stop.abort();
      // What could not be aborted now is found by `deleteUnfinished`.
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
      throw error;
    }
  }

  /**
   * A conditional write whose answer was lost is sent again by the SDK and then meets what it wrote itself: the same bytes under
   * the key are our own success.
   */
  async #creating(key: string, ifAbsent: boolean | undefined, body: Uint8Array | undefined, send: () => Promise<{ readonly $metadata: { readonly attempts?: number | undefined } }>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (ifAbsent !== true || (statusOf(error) !== 412 && nameOf(error) !== 'ConditionalRequestConflict')) throw error;
      const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts ?? 1;
      if (attempts > 1 && body !== undefined && (await this.#holds(key, body))) return;
      throw new ObjectExistsError(this.name, key);
    }
  }

  async #holds(key: string, body: Uint8Array): Promise<boolean> {
    const found: Uint8Array[] = [];
    for await (const chunk of this.read(key)) found.push(chunk);
    return Buffer.concat(found).equals(body);
  }

  /** Fetches one range whole, again when its connection is cut: the SDK repeats requests, not bodies. `undefined` for nothing at or after `start`. */
  async #fetchPart(key: string, { start, end }: { readonly start: number; readonly end: number }, etag: string | undefined, signal: AbortSignal | undefined): Promise<{ readonly bytes: Uint8Array; readonly size: number; readonly etag: string | undefined } | undefined> {
    return this.#telling(`read ${key}`, async (client) => {
      for (let attempt = 1; ; attempt++) {
        try {
          const answer = await client.send(
            new GetObjectCommand({ ...this.#object(key), Range: `bytes=${start}-${end - 1}`, ...(etag === undefined ? {} : { IfMatch: etag }) }),
            abortable(signal),
          );
          const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
          if (answer.ContentLength !== undefined && answer.ContentLength !== bytes.byteLength)
            throw new TruncatedBodyError(bytes.byteLength, answer.ContentLength);
          const size = Number(/\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1] ?? bytes.byteLength);
          return { bytes, size, etag: answer.ETag };
        } catch (error) {
          if (statusOf(error) === 416) return undefined;
          if (isMissing(error)) throw new ObjectNotFoundError(this.name, key, { cause: error });
          if (statusOf(error) === 412)
            throw new ArtifactStoreError(this.name, `read ${key}`, { reason: 'it was replaced while it was being read', cause: error });
          signal?.throwIfAborted();
          // With a status it was a whole answer, which the SDK has tried again itself.
          if (statusOf(error) !== undefined && statusOf(error) !== 200 && statusOf(error) !== 206) throw error;
          if (attempt >= this.config.maxAttempts) throw error;
          await sleep(Math.min(100 * 2 ** attempt, 5000) * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
        }
      }
    }, signal);
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.address.bucket, Key: this.address.prefix + key };
  }

  async #telling<Answer>(what: string, work: (client: S3Client) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    try {
      signal?.throwIfAborted();
      return await work(await this.client());
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason;
      throw explainS3Error(this.name, what, error);
    }
  }
}

class TruncatedBodyError extends Error {
  constructor(received: number, announced: number) {
    super(`the connection ended after ${received} of ${announced} bytes`);
  }
}

function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('base64');
}
