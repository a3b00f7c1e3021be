import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RetrySchedule } from './retry-schedule.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** All delays until it gives up, each waited for. */
function delaysOf(schedule: RetrySchedule, atLeast = 0): number[] {
  const delays: number[] = [];
  for (let delay = schedule.next(atLeast); delay !== undefined; delay = schedule.next(atLeast)) {
    delays.push(delay);
    vi.advanceTimersByTime(delay);
  }
  return delays;
}

test('delays double up to five seconds, with jitter, until the limit', () => {
  const delays = delaysOf(new RetrySchedule(60_000));
  for (const [index, delay] of delays.entries()) {
    const longest = Math.min(100 * 2 ** index, 5000);
    expect(delay).toBeGreaterThanOrEqual(longest / 2);
    expect(delay).toBeLessThanOrEqual(longest);
  }
  const waited = delays.reduce((sum, delay) => sum + delay, 0);
  expect(waited).toBeLessThanOrEqual(60_000);
  expect(waited).toBeGreaterThan(55_000);
});

test('a server that says when to come back is obeyed', () => {
  expect(delaysOf(new RetrySchedule(10_000), 3000)).toEqual([3000, 3000, 3000]);
});

test('without patience nothing is tried again', () => {
  expect(delaysOf(new RetrySchedule(0))).toEqual([]);
});

test('the time in which a server was silent counts', () => {
  const schedule = new RetrySchedule(10_000);
  expect(schedule.next(0, 8000)).toBeLessThanOrEqual(100);
  vi.advanceTimersByTime(1000);
  expect(schedule.next(0, 1000)).toBeLessThanOrEqual(200);
  vi.advanceTimersByTime(1000);
  expect(schedule.next()).toBeUndefined();
});
