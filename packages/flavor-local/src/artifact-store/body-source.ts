/** A body that a caller gave: what it throws is told apart from what goes wrong with the store, and it can be aborted. */
export class BodySource {
  /** What the body threw, or the signal's reason. */
  failure: { readonly error: unknown } | undefined;
  readonly #body: AsyncIterable<Uint8Array>;
  readonly #signal: AbortSignal | undefined;

  constructor(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined) {
    this.#body = body;
    this.#signal = signal;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    const iterator = this.#body[Symbol.asyncIterator]();
    let done = false;
    try {
      while (true) {
        const next = await this.#next(iterator);
        done = next.done === true;
        if (done) return;
        yield next.value;
      }
    } finally {
      // Not awaited: a body that hangs must not hold up the abort.
      if (!done) iterator.return?.().catch(() => {});
    }
  }

  async #next(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const signal = this.#signal;
    const aborted = Promise.withResolvers<never>();
    const abort = () => aborted.reject(signal?.reason);
    try {
      signal?.throwIfAborted();
      signal?.addEventListener('abort', abort);
      return await (signal === undefined ? iterator.next() : Promise.race([iterator.next(), aborted.promise]));
    } catch (error) {
      this.failure = { error };
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }
}
