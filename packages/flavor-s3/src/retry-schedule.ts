const firstDelayMs = 100;
const longestDelayMs = 5000;

/** When to try again, of one thing that is being tried: delays double, with jitter, until it has been failing for the limit. */
export class RetrySchedule {
  retries = 0;
  #failingSince: number | undefined;
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /**
   * Milliseconds to wait before the next try; `undefined` when it is time to give up.
   *
   * @param atLeast milliseconds to wait. @param silentMs for how long the try that failed had been waiting for an answer that did not come.
   */
  next(atLeast = 0, silentMs = 0): number | undefined {
    const doubled = Math.min(firstDelayMs * 2 ** this.retries, longestDelayMs);
    const delay = Math.max(atLeast, doubled * (0.5 + Math.random() / 2));
    this.#failingSince ??= performance.now() - silentMs;
    if (performance.now() - this.#failingSince + delay > this.#limitMs) return undefined;
    this.retries++;
    return delay;
  }
}
