/// <reference path="./undici.d.ts" />
import type { Readable } from 'node:stream';
import request from 'undici/lib/api/api-request.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import type { AnswerHeaders, StreamedBody } from './s3-request.ts';

/** More than any caller has under way: steps read and write side by side. */
const maximumConnections = 256;

/** Longer bodies are written piece by piece, so that one that comes forward slowly is told from one that does not. */
const pieceBytes = 256 * 1024;

/** Of bodies that are read: files are written by pieces of this size rather than by what one packet brought. */
const readAheadBytes = 1024 * 1024;

export interface HttpRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | StreamedBody | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** To be read to its end or destroyed. Fails as the request does. */
  readonly body: Readable & { bytes(): Promise<Uint8Array> };
}

/** Connections that stay open between requests. What fails has the code of an error of Node's. */
export class HttpConnections {
  readonly #agent: Agent;

  /** @param timeoutMs how long the server may be silent. */
  constructor(timeoutMs: number) {
    this.#agent = new Agent({
      connections: maximumConnections,
      connect: { timeout: Math.min(timeoutMs, 10_000) },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
  }

  async request({ body, signal, ...wanted }: HttpRequest): Promise<HttpAnswer> {
    try {
      const answer = await request.call(this.#agent, {
        ...wanted,
        body: body === undefined ? null : sendable(body),
        highWaterMark: readAheadBytes,
        reset: false,
        ...(signal === undefined ? {} : { signal }),
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    } catch (error) {
      throw connectionError(error);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function sendable(body: Uint8Array | StreamedBody): Uint8Array | AsyncIterable<Uint8Array> {
  if (!(body instanceof Uint8Array)) return body.open();
  return body.byteLength > pieceBytes ? piecesOf(body) : body;
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const nodeCodes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'ECONNRESET',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_HEADERS_TIMEOUT: 'ETIMEDOUT',
  UND_ERR_BODY_TIMEOUT: 'ETIMEDOUT',
};

/** What undici throws, of requests and of the bodies of answers, with Node's code of it. */
export function connectionError(error: unknown): unknown {
  const { code = '' } = error as { readonly code?: string };
  const nodeCode = nodeCodes[code];
  if (nodeCode === undefined) return error;
  return Object.assign(new Error((error as Error).message, { cause: error }), { code: nodeCode });
}
