import { setImmediate as nextTurn } from 'node:timers/promises';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { DriveTiming } from './drive-options.ts';
import type { RunRecorder } from './run-recorder.ts';

interface DriverLoopOptions {
  readonly recorder: RunRecorder;
  readonly timing: DriveTiming;
  /** Told when somebody has asked for the run to be stopped. */
  readonly onStopRequest: () => void;
  /** Whether more may happen in the same turn of the process. */
  readonly expectsMore: () => boolean;
}

/**
 * The turns of a driver: handles what happened, lets it act, and records what came of that, all of one turn in one transaction.
 * Keeps the lease between turns.
 */
export class DriverLoop {
  readonly #options: DriverLoopOptions;
  #inbox: (() => void)[] = [];
  #wake: (() => void) | undefined;
  #guarded: (() => void)[] = [];
  #isOver = false;

  constructor(options: DriverLoopOptions) {
    this.#options = options;
  }

  /** Has something handled in the next turn. What it throws ends the loop. */
  post(happening: () => void): void {
    this.#inbox.push(happening);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Has something done as soon as the lease was renewed, with the record of this turn or without. */
  guard(action: () => void): void {
    this.#guarded.push(action);
  }

  fail(error: unknown): void {
    this.post(() => {
      throw error;
    });
  }

  /**
   * @param begin what comes before the first turn.
   * @param act what to do in each turn; says whether all is over, once what it recorded is durable.
   */
  async run(begin: () => Promise<void>, act: () => boolean): Promise<void> {
    const { recorder, timing, expectsMore } = this.#options;
    const heartbeat = setInterval(() => void this.#beat(), timing.heartbeatMs);
    try {
      await begin();
      for (let gathered = false; ; ) {
        const inbox = this.#inbox;
        this.#inbox = [];
        for (const happening of inbox) happening();
        this.#isOver = act();
        if (!gathered && !recorder.isEmpty && expectsMore()) {
          // What happens in the same turn of the process goes into the same transaction.
          gathered = true;
          await nextTurn();
        } else if (!recorder.isEmpty || this.#guarded.length > 0) {
          gathered = false;
          await this.#commit();
        } else if (this.#isOver) return;
        else if (this.#inbox.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      clearInterval(heartbeat);
    }
  }

  async #commit(): Promise<void> {
    const guarded = this.#guarded;
    this.#guarded = [];
    if (this.#options.recorder.isEmpty) await this.#renew();
    else await this.#options.recorder.flush();
    for (const action of guarded) action();
  }

  async #renew(): Promise<void> {
    const requests = await this.#options.recorder.renew();
    if (requests.includes('stop')) this.post(this.#options.onStopRequest);
  }

  async #beat(): Promise<void> {
    const { recorder, timing } = this.#options;
    try {
      await this.#renew();
    } catch (error) {
      // The end of the run gave the lease back.
      if (this.#isOver) return;
      const isLost = MlstackError.is(error) && error.code === 'LEASE_LOST';
      if (isLost || Date.now() - recorder.renewedAt > timing.leaseTtlMs) this.fail(error);
    }
  }
}
