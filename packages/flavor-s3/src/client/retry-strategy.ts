import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from '@smithy/types';
import { isPassing } from '../passing-errors.ts';
import { RetrySchedule } from '../retry-schedule.ts';

/**
 * Tries again for a stretch of time rather than a number of times, so that a server that is restarted is waited for. Each request counts for
 * itself: the SDK's own strategy lets all requests of a client share a budget, which an outage uses up at once.
 */
export class TimedRetryStrategy implements RetryStrategyV2 {
  readonly #limitMs: number;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  async acquireInitialRetryToken(): Promise<RetryToken> {
    return new ScheduledRetry(new RetrySchedule(this.#limitMs), 0);
  }

  async refreshRetryTokenForRetry(
    token: RetryToken,
    { error, errorType, retryAfterHint }: RetryErrorInfo,
  ): Promise<RetryToken> {
    if (errorType === 'CLIENT_ERROR' && !isPassing(error)) throw error;
    const { schedule } = token as ScheduledRetry;
    const delay = schedule.next(retryAfterHint === undefined ? 0 : retryAfterHint.getTime() - Date.now());
    if (delay === undefined) throw error;
    return new ScheduledRetry(schedule, delay);
  }

  recordSuccess(): void {}
}

class ScheduledRetry implements RetryToken {
  readonly schedule: RetrySchedule;
  readonly #delay: number;
  readonly #count: number;

  constructor(schedule: RetrySchedule, delay: number) {
    this.schedule = schedule;
    this.#delay = delay;
    this.#count = schedule.retries;
  }

  getRetryCount(): number {
    return this.#count;
  }

  getRetryDelay(): number {
    return this.#delay;
  }
}
