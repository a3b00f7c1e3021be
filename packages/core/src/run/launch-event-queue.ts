import type { LaunchEvent } from './launcher.ts';

/** The one stream of a launcher's events: keeps what nobody has asked for yet, and ends when it is closed and empty. */
export class LaunchEventQueue implements AsyncIterable<LaunchEvent> {
  #waiting: LaunchEvent[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  push(event: LaunchEvent): void {
    this.#waiting.push(event);
    this.#wake?.();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LaunchEvent> {
    for (;;) {
      const events = this.#waiting;
      this.#waiting = [];
      yield* events;
      if (this.#waiting.length > 0) continue;
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
