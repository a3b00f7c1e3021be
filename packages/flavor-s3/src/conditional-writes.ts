import { randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Bucket } from './s3-bucket.ts';
import { statusOf } from './s3-errors.ts';

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
  async #probe(write: (probe: Probe) => Promise<unknown>): Promise<boolean> {
    const probe = this.#bucket.object(`${this.#probePrefix}.mlstack-probe-${randomUUID()}`);
    await this.#put(probe);
    try {
      await write(probe);
      return false;
    } catch (error) {
      if (statusOf(error) === 412) return true;
      throw error;
    } finally {
      const client = await this.#bucket.client();
      await client.send(new DeleteObjectCommand(probe));
    }
  }

  async #put(probe: Probe): Promise<void> {
    const client = await this.#bucket.client();
    await client.send(new PutObjectCommand({ ...probe, Body: new Uint8Array(), IfNoneMatch: '*' }));
  }

  async #complete(probe: Probe): Promise<void> {
    const client = await this.#bucket.client();
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(probe));
    const upload = { ...probe, UploadId };
    try {
      const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: new Uint8Array(1) }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' }));
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
      throw error;
    }
  }
}

interface Probe {
  readonly Bucket: string;
  readonly Key: string;
}
