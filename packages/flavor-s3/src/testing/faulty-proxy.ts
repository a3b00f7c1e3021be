import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What befalls one request on its way.
 *
 * - `cut`: the connection ends before the server hears of it.
 * - `lose-answer`: the server does it, and the connection ends before the answer.
 * - `truncate`: half of the answer's body arrives, then the connection ends.
 * - `stall`: no answer comes, and the connection stays.
 * - `stall-body`: half of the answer's body arrives, and the connection stays.
 * - `slow`: bodies come and go at a few MiB a second.
 * - `damage-request`, `damage-answer`: one bit of the body is another.
 * - a number: the answer of a server that is not well, by that status.
 */
export type Fault =
  | 'cut'
  | 'lose-answer'
  | 'truncate'
  | 'stall'
  | 'stall-body'
  | 'slow'
  | 'damage-request'
  | 'damage-answer'
  | number;

export interface SeenRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** How often the same method and url were seen before. */
  readonly earlier: number;
}

/** Stands between a client and an S3 server, and harms the requests it is told to. */
export class FaultyProxy {
  /** Asked for each request. */
  fault: (seen: SeenRequest) => Fault | undefined = () => undefined;
  readonly seen: SeenRequest[] = [];
  readonly #target: URL;
  readonly #server: Server;
  #port = 0;

  constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, answer) => this.#handle(incoming, answer));
  }

  /** After `close`, at the same address as before. */
  async listen(): Promise<this> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Forgets what was seen and what was to be harmed. */
  reset(): void {
    this.fault = () => undefined;
    this.seen.length = 0;
  }

  /** Cuts all connections and refuses new ones. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #handle(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '', headers } = incoming;
    const earlier = this.seen.filter((other) => other.method === method && other.url === url).length;
    const seen = { method, url, headers, earlier };
    this.seen.push(seen);
    const fault = this.fault(seen);
    if (fault === 'cut') incoming.socket.destroy();
    else if (fault === 'stall') incoming.resume();
    else if (typeof fault === 'number') void answerAs(fault, incoming, answer).catch(() => incoming.socket.destroy());
    else this.#forward(incoming, answer, fault);
  }

  #forward(incoming: IncomingMessage, answer: ServerResponse, fault: Fault | undefined): void {
    const { hostname, port } = this.#target;
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers }, (received) => {
      if (fault === 'lose-answer') {
        received.resume().on('end', () => incoming.socket.destroy());
        return;
      }
      void relay(received, answer, fault).catch(() => incoming.socket.destroy());
    });
    outgoing.on('error', () => incoming.socket.destroy());
    incoming.on('close', () => {
      if (!incoming.complete) outgoing.destroy();
    });
    if (fault === 'damage-request') incoming.on('data', damage);
    if (fault === 'slow') void pipeline(incoming, slowly, outgoing).catch(() => incoming.socket.destroy());
    else incoming.pipe(outgoing);
  }
}

async function answerAs(status: number, incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  for await (const _ of incoming);
  const code = status === 503 ? 'SlowDown' : 'InternalError';
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>not now</Message></Error>`);
}

async function relay(received: IncomingMessage, answer: ServerResponse, fault: Fault | undefined): Promise<void> {
  answer.writeHead(received.statusCode ?? 500, received.headers);
  const half = Math.floor(Number(received.headers['content-length'] ?? 0) / 2);
  let passed = 0;
  for await (const chunk of fault === 'slow' ? slowly(received) : (received as AsyncIterable<Buffer>)) {
    if (fault === 'damage-answer') damage(chunk);
    if ((fault === 'truncate' || fault === 'stall-body') && passed + chunk.byteLength > half) {
      answer.write(chunk.subarray(0, half - passed));
      if (fault === 'truncate') setImmediate(() => answer.destroy());
      return;
    }
    passed += chunk.byteLength;
    if (!answer.write(chunk)) await once(answer, 'drain');
  }
  answer.end();
}

async function* slowly(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of body) {
    await sleep(20);
    yield chunk;
  }
}

function damage(chunk: Buffer): void {
  chunk.writeUInt8(chunk.readUInt8(0) ^ 1, 0);
}
