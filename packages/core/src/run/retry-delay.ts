import type { RetryPolicy } from '../pipeline/plan.ts';

/** How long to wait after the given number of failed attempts, in milliseconds. */
export function retryDelayMs(policy: RetryPolicy, failures: number): number {
  const { delayMs = 1000, backoff = 2, maximumDelayMs = 60_000 } = policy;
  return Math.min(delayMs * backoff ** (failures - 1), maximumDelayMs);
}
