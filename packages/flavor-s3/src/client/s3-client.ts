import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Config } from '../artifact-store.ts';
import { isPassing } from '../passing-errors.ts';
import { RetrySchedule } from '../retry-schedule.ts';
import { StrangeAnswerError } from '../s3-errors.ts';
import type { Credentials } from './credential-source.ts';
import { CredentialSource } from './credential-source.ts';
import type { HttpAnswer } from './http-connections.ts';
import { connectionError, HttpConnections } from './http-connections.ts';
import { S3AnswerError } from './s3-answer-error.ts';
import type { S3Answer, S3Request } from './s3-request.ts';
import { headerOf } from './s3-request.ts';
import type { S3Target } from './s3-target.ts';
import { addressOf, encodeQuery, resolveTarget } from './s3-target.ts';
import { emptySha256, presignPath, signRequest } from './sign-request.ts';
import type { XmlElement } from './xml.ts';
import { elementOf, parseXml, textOf } from './xml.ts';

/** Servers refuse signatures that are 15 minutes old. */
const tolerableSkewMs = 5 * 60_000;

interface Reached {
  readonly target: S3Target;
  readonly source: CredentialSource;
}

/**
 * The one client of a store: every operation, presigning included, goes through it. A request is tried again while the server or the connection
 * fails, each for itself and for as long as the store's config says. What is answered with an error throws `S3AnswerError`.
 */
export class S3Client {
  readonly #config: S3Config;
  readonly #connections: HttpConnections;
  #reached: Promise<Reached> | undefined;
  #skewMs = 0;

  constructor(config: S3Config) {
    this.#config = config;
    this.#connections = new HttpConnections(config.timeoutSeconds * 1000);
  }

  async region(): Promise<string> {
    return (await this.#reach()).target.region;
  }

  async credentials(): Promise<Credentials> {
    return await (await this.#reach()).source.get();
  }

  async send(request: S3Request): Promise<S3Answer> {
    return await this.#retrying(request, async ({ status, headers, body }) => {
      await body.bytes();
      return { status, headers };
    });
  }

  /** What is in the answer's document, whose root has one of these names. */
  async sendForXml(request: S3Request, ...roots: readonly string[]): Promise<XmlElement> {
    return await this.#retrying(request, async ({ status, headers, body }) => {
      const text = Buffer.from(await body.bytes()).toString();
      const document = await parseXml(text);
      // Servers that have begun to answer tell of an error in a success.
      if (document?.Error !== undefined) throw errorOf(status, headers, document);
      for (const root of roots) if (document?.[root] !== undefined) return elementOf(document[root]);
      if (roots.some((root) => text.includes(`<${root}`))) throw new S3AnswerError(status, headers);
      throw new StrangeAnswerError(`no ${roots.join(' or ')}`);
    });
  }

  /** The body must be read to its end or destroyed. It fails as a connection does. */
  async open(request: S3Request): Promise<HttpAnswer> {
    return await this.#retrying(request, async (answer) => answer);
  }

  /** A URL that gives access without credentials. */
  async presign(
    { method, bucket, key }: Pick<S3Request, 'method' | 'bucket' | 'key'>,
    expiresInSeconds: number,
  ): Promise<string> {
    const { target, source } = await this.#reach();
    const address = addressOf(target, bucket, key);
    const unsigned = { ...address, method, region: target.region, time: this.#serverTime() };
    return address.origin + presignPath(unsigned, expiresInSeconds, await source.get());
  }

  async close(): Promise<void> {
    await this.#connections.close();
  }

  #reach(): Promise<Reached> {
    this.#reached ??= resolveTarget(this.#config).then((target) => ({
      target,
      source: new CredentialSource(this.#config, target.region),
    }));
    return this.#reached;
  }

  async #retrying<Answer>(request: S3Request, receive: (answer: HttpAnswer) => Promise<Answer>): Promise<Answer> {
    const { signal } = request;
    const schedule = new RetrySchedule(this.#config.retrySeconds * 1000);
    let corrections = 0;
    for (;;) {
      const askedAt = performance.now();
      try {
        return await receive(await this.#ask(request));
      } catch (thrown) {
        const error = connectionError(thrown);
        if (error instanceof S3AnswerError) error.attempts = schedule.retries + 1;
        if (signal?.aborted === true) throw error;
        if (corrections === 0 && this.#correctClock(error)) {
          corrections++;
          continue;
        }
        const delay = isPassing(error) ? schedule.next(retryAfterMs(error), this.#silentMs(error, askedAt)) : undefined;
        if (delay === undefined) throw error;
        await sleep(delay, undefined, signal === undefined ? {} : { signal });
      }
    }
  }

  async #ask(request: S3Request): Promise<HttpAnswer> {
    const { method, bucket, key, query, body, signal } = request;
    const { target, source } = await this.#reach();
    const address = addressOf(target, bucket, key);
    const path = query === undefined ? address.path : `${address.path}?${encodeQuery(query)}`;
    const time = this.#serverTime();
    const signed = signRequest(
      { method, host: address.host, path, region: target.region, time },
      headersOf(request),
      await source.get(),
    );
    const answer = await this.#connections.request({ origin: address.origin, method, ...signed, body, signal });
    if (answer.status < 300) return answer;
    const text = Buffer.from(await answer.body.bytes()).toString();
    if (text !== '') throw errorOf(answer.status, answer.headers, await parseXml(text));
    const code = isElsewhere(answer, target.region) ? 'PermanentRedirect' : undefined;
    throw new S3AnswerError(answer.status, answer.headers, { code });
  }

  #silentMs(error: unknown, askedAt: number): number {
    const isSilence = (error as { readonly code?: unknown }).code === 'ETIMEDOUT';
    return isSilence ? Math.min(performance.now() - askedAt, this.#config.timeoutSeconds * 1000) : 0;
  }

  #serverTime(): Date {
    return new Date(Date.now() + this.#skewMs);
  }

  /** Whether a refusal is due to this machine's clock, which is then told from the server's. */
  #correctClock(error: unknown): boolean {
    if (!(error instanceof S3AnswerError) || (error.status !== 403 && error.status !== 400)) return false;
    const skewMs = Date.parse(headerOf(error, 'date') ?? '') - Date.now();
    if (!(Math.abs(skewMs - this.#skewMs) > tolerableSkewMs)) return false;
    this.#skewMs = skewMs;
    return true;
  }
}

function headersOf({ method, headers, body, sha256 }: S3Request): Record<string, string> {
  const all: Record<string, string> = { 'user-agent': 'mlstack', ...headers };
  all['x-amz-content-sha256'] = sha256 ?? (body instanceof Uint8Array ? hash('sha256', body) : emptySha256);
  if (method !== 'PUT' && method !== 'POST') return all;
  all['content-length'] = String((body instanceof Uint8Array ? body.byteLength : body?.size) ?? 0);
  if (body !== undefined) all['content-type'] = method === 'PUT' ? 'application/octet-stream' : 'application/xml';
  return all;
}

function errorOf(status: number, headers: S3Answer['headers'], document: XmlElement | undefined): S3AnswerError {
  const { Code, Message } = elementOf(document?.Error);
  return new S3AnswerError(status, headers, { code: textOf(Code), message: textOf(Message) });
}

/** A HEAD has no body that would tell. */
function isElsewhere(answer: HttpAnswer, region: string): boolean {
  const found = headerOf(answer, 'x-amz-bucket-region');
  return found !== undefined && found !== region && [301, 307, 400].includes(answer.status);
}

function retryAfterMs(error: unknown): number {
  const seconds = error instanceof S3AnswerError ? Number(headerOf(error, 'retry-after')) : 0;
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}
