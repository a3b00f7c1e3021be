import { createHash } from 'node:crypto';

/** Where a part is gathered, and gathered again once it was sent. One for each part that is under way at once. */
export interface PartMemory {
  buffer?: Buffer;
}

export interface BodyPart {
  /** From 1. */
  readonly number: number;
  /** Valid until its memory is used again. */
  readonly bytes: Uint8Array;
}

/** The body has another length than was announced. */
export class BodySizeError extends Error {
  constructor(size: number, announced: number) {
    super(
      `its body has ${size > announced ? 'more than ' : ''}${Math.min(size, announced)} bytes, and ${announced} were announced`,
    );
  }
}

export interface BodyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Announced length; one that is another fails with `BodySizeError`. */
  readonly size?: number | undefined;
}

/**
 * A body, cut into parts of exactly `partSize` bytes but for the last one, measured and hashed as it passes. An empty body is one
 * empty part.
 */
export class BodyParts {
  size = 0;
  /** What the body threw, or the signal's reason: told apart from what goes wrong with the store. */
  failure: { readonly error: unknown } | undefined;
  readonly partSize: number;
  readonly #source: AsyncIterator<Uint8Array> | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #announced: number | undefined;
  readonly #hash = createHash('sha256');
  #rest: Uint8Array = new Uint8Array();
  #number = 0;
  #isEnded = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(body: Uint8Array | AsyncIterable<Uint8Array>, partSize: number, { signal, size }: BodyOptions = {}) {
    this.partSize = partSize;
    this.#signal = signal;
    this.#announced = size;
    if (body instanceof Uint8Array) {
      this.#rest = body;
      this.#isEnded = true;
    } else this.#source = body[Symbol.asyncIterator]();
  }

  /** Of what has passed; once, at the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** The next part. Callers that ask at the same time are served in turn. */
  next(memory: PartMemory): Promise<BodyPart | undefined> {
    const part = this.#turn.then(() => this.#gather(memory));
    this.#turn = part.catch(() => {});
    return part;
  }

  /** Whether no further part follows the last one given. */
  async isExhausted(): Promise<boolean> {
    while (this.#rest.byteLength === 0 && !this.#isEnded) await this.#pull();
    return this.#rest.byteLength === 0;
  }

  /** Lets go of the body before its end. Not awaited: a body that hangs must not hold up an abort. */
  close(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#source?.return?.().catch(() => {});
  }

  async #gather(memory: PartMemory): Promise<BodyPart | undefined> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length < this.partSize && !(await this.isExhausted())) {
      const chunk = this.#rest.subarray(0, this.partSize - length);
      this.#rest = this.#rest.subarray(chunk.byteLength);
      this.#hash.update(chunk);
      this.size += chunk.byteLength;
      length += chunk.byteLength;
      chunks.push(chunk);
    }
    const announced = this.#announced;
    if (announced !== undefined && (this.size > announced || (length < this.partSize && this.size !== announced))) {
      throw new BodySizeError(this.size, announced);
    }
    if (length === 0 && this.#number > 0) return undefined;
    return { number: ++this.#number, bytes: this.#join(chunks, length, memory) };
  }

  #join(chunks: readonly Uint8Array[], length: number, memory: PartMemory): Uint8Array {
    const [first] = chunks;
    if (chunks.length === 1 && first !== undefined) return first;
    if (length < this.partSize) return Buffer.concat(chunks, length);
    memory.buffer ??= Buffer.allocUnsafeSlow(this.partSize);
    let at = 0;
    for (const chunk of chunks) {
      memory.buffer.set(chunk, at);
      at += chunk.byteLength;
    }
    return memory.buffer;
  }

  async #pull(): Promise<void> {
    const signal = this.#signal;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal?.reason);
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      const next = this.#source?.next();
      const result = await (signal === undefined ? next : Promise.race([next, aborted.promise]));
      if (result === undefined || result.done === true) this.#isEnded = true;
      else this.#rest = result.value;
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
