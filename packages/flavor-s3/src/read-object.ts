import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadOptions } from '@mlstack/core/flavor';
import { ArtifactStoreError, ObjectNotFoundError } from '@mlstack/core/flavor';
import type { HttpAnswer } from './client/http-connections.ts';
import { connectionError } from './client/http-connections.ts';
import { headerOf } from './client/s3-request.ts';
import { isPassing } from './passing-errors.ts';
import { RetrySchedule } from './retry-schedule.ts';
import type { S3Bucket } from './s3-bucket.ts';
import { explainS3Error, isMissing, requireETag, statusOf } from './s3-errors.ts';

const mebibyte = 1024 * 1024;

/** A connection that delivers this much is not helped by others: they would cost more than they bring. */
const fastBytesPerSecond = 100 * mebibyte;

/**
 * Streams an object by one request while that is fast or all there is; where it is not, the parts that come next are fetched side by side
 * while the first is handed on. What a broken connection left out is asked for again.
 */
export async function* readObject(
  bucket: S3Bucket,
  key: string,
  { range, signal }: ReadOptions = {},
): AsyncGenerator<Uint8Array> {
  const partSize = bucket.config.partSizeMiB * mebibyte;
  const { start = 0, end = Number.POSITIVE_INFINITY } = range ?? {};
  const left = new AbortController();
  const aborted = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const reading = new ObjectReading(bucket, key, aborted);
  try {
    const opened = await reading.open(start, end);
    const last = Math.min(end, reading.size);
    const readTo = yield* streamWhileFast(reading.stream(start, last, opened), partSize);
    yield* fetchAhead(reading, { from: start + readTo, to: last, partSize, concurrency: bucket.config.concurrency });
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    left.abort();
  }
}

/** Looks after each part how long was waited for it. Returns how much was read. */
async function* streamWhileFast(
  chunks: AsyncGenerator<Uint8Array>,
  partSize: number,
): AsyncGenerator<Uint8Array, number> {
  let size = 0;
  let partBytes = 0;
  let waitedMs = 0;
  for (;;) {
    const asked = performance.now();
    const next = await chunks.next();
    waitedMs += performance.now() - asked;
    if (next.done) return size;
    size += next.value.byteLength;
    partBytes += next.value.byteLength;
    yield next.value;
    if (partBytes < partSize) continue;
    if (partBytes / waitedMs < fastBytesPerSecond / 1000) break;
    partBytes = 0;
    waitedMs = 0;
  }
  await chunks.return(undefined);
  return size;
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly partSize: number;
  readonly concurrency: number;
}

async function* fetchAhead(
  reading: ObjectReading,
  { from, to, partSize, concurrency }: Stretch,
): AsyncGenerator<Uint8Array> {
  let at = from;
  const fetchNext = () => {
    if (at >= to) return undefined;
    const part = reading.collect(at, Math.min(at + partSize, to));
    at += partSize;
    // A failure is met when its turn comes; until then it must not count as unhandled.
    part.catch(() => {});
    return part;
  };
  const ahead = Array.from({ length: concurrency }, fetchNext);
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    const chunks = await part;
    ahead.push(fetchNext());
    yield* chunks;
  }
}

interface OpenedBody {
  readonly body: Readable;
  /** Where it ends in the object. */
  readonly end: number;
}

class ObjectReading {
  /** Of the object; known once it is open. */
  size = 0;
  readonly #bucket: S3Bucket;
  readonly #key: string;
  readonly #what: string;
  readonly #signal: AbortSignal;
  #etag: string | undefined;

  constructor(bucket: S3Bucket, key: string, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#key = key;
    this.#what = `read ${key}`;
    this.#signal = signal;
  }

  /** Asks for all that is wanted, since only the answer tells how much there is. `undefined` for nothing at or after `start`. */
  async open(start: number, end: number): Promise<OpenedBody | undefined> {
    const isWhole = start === 0 && end === Number.POSITIVE_INFINITY;
    const answer = await this.#get(
      isWhole ? undefined : `bytes=${start}-${end === Number.POSITIVE_INFINITY ? '' : end - 1}`,
    );
    if (answer === undefined) return undefined;
    this.#etag = headerOf(answer, 'etag');
    const whole = /\/(\d+)$/.exec(headerOf(answer, 'content-range') ?? '')?.[1];
    this.size = Number(whole ?? headerOf(answer, 'content-length') ?? 0);
    return { body: answer.body, end: Math.min(end, this.size) };
  }

  async collect(from: number, to: number): Promise<Uint8Array[]> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.stream(from, to)) chunks.push(chunk);
    return chunks;
  }

  /** @param opened a body that begins at `from`, and may go beyond `to`. */
  async *stream(from: number, to: number, opened?: OpenedBody): AsyncGenerator<Uint8Array> {
    let schedule: RetrySchedule | undefined;
    let current = opened;
    for (let at = from; at < to; current = undefined) {
      current ??= await this.#reopen(at, to);
      try {
        for await (const chunk of current.body as AsyncIterable<Uint8Array>) {
          const bytes = chunk.subarray(0, to - at);
          at += bytes.byteLength;
          schedule = undefined;
          yield bytes;
          // To be left before its end it must be destroyed, and its connection with it: only where more comes.
          if (at === to && current.end > to) break;
        }
        if (at < to) throw new CutOffError(to - at);
      } catch (thrown) {
        const error = connectionError(thrown);
        schedule ??= new RetrySchedule(this.#bucket.config.retrySeconds * 1000);
        const delay = isPassing(error) && !this.#signal.aborted ? schedule.next() : undefined;
        if (delay === undefined) throw explainS3Error(this.#bucket.store, this.#what, error);
        await sleep(delay, undefined, { signal: this.#signal });
      }
    }
    // An empty body, too, must be read to its end: its connection is not free before.
    current?.body.resume();
  }

  async #reopen(from: number, to: number): Promise<OpenedBody> {
    const answer = await this.#get(`bytes=${from}-${to - 1}`);
    if (answer === undefined) throw this.#replaced();
    return { body: answer.body, end: to };
  }

  #get(range: string | undefined): Promise<HttpAnswer | undefined> {
    const headers = {
      ...(this.#etag === undefined ? {} : { 'if-match': this.#etag }),
      ...(range === undefined ? {} : { range }),
    };
    return this.#bucket.telling(this.#what, this.#signal, async (client) => {
      try {
        const object = this.#bucket.object(this.#key);
        const answer = await client.open({ method: 'GET', ...object, headers, signal: this.#signal });
        requireETag(answer);
        return answer;
      } catch (error) {
        if (statusOf(error) === 416) return undefined;
        if (isMissing(error)) throw new ObjectNotFoundError(this.#bucket.store, this.#key, { cause: error });
        if (statusOf(error) === 412) throw this.#replaced(error);
        throw error;
      }
    });
  }

  #replaced(cause?: unknown): ArtifactStoreError {
    return new ArtifactStoreError(this.#bucket.store, this.#what, {
      reason: 'it was replaced while it was being read',
      cause,
    });
  }
}

class CutOffError extends Error {
  readonly code = 'ECONNRESET';

  constructor(missing: number) {
    super(`the connection ended ${missing} bytes before the end`);
  }
}
