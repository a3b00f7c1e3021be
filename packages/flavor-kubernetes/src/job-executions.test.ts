import type { LaunchEvent } from '@mlstack/core/flavor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JobExecutions } from './job-executions.ts';
import { containerIs, describeJobStatus, describePod, stepIs } from './testing/describe-pod.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const handle = { runId: 'r', nodeId: 'n', attempt: 1, role: 'step', detail: { job: 'job' } } as const;

function follow() {
  const events: LaunchEvent[] = [];
  const executions = new JobExecutions({
    imageTimeoutMs: 90_000,
    lostNodeTimeoutMs: 60_000,
    tell: (event) => events.push(event),
  });
  const execution = executions.add({ handle, job: 'job', outputPrefix: undefined, isMade: true });
  return {
    executions,
    execution,
    reasons: () => events.flatMap((event) => (event.kind === 'waiting' ? [event.reason] : [])),
    ends: () => events.flatMap((event) => (event.kind === 'ended' ? [event.cause] : [])),
  };
}

const waiting = (reason: string, message?: string) => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});
const initIs = (state: object) => ({
  initContainerStatuses: [containerIs('init', state)],
  containerStatuses: [containerIs('step', waiting('PodInitializing'))],
});
const unschedulable = {
  conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available' }],
};
const noRoute = 'the API server cannot be reached: no route';
const unreachable = { subject: 'reachability', reason: noRoute } as const;

test('an image that was had at the second try is no failure later', async () => {
  const { executions, ends } = follow();
  executions.onPod(describePod(initIs(waiting('ErrImagePull', 'registry is busy'))), false);
  executions.onPod(describePod(initIs({ running: {} })), false);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(ends()).toEqual([]);
  executions.onPod(describePod(stepIs(waiting('ImagePullBackOff', 'not found'))), false);
  await vi.advanceTimersByTimeAsync(90_000);
  expect(ends()).toEqual([{ kind: 'refused', reason: 'its image cannot be had: ImagePullBackOff: not found' }]);
});

test('limits are not judged while nothing can be seen', async () => {
  const { executions, execution, ends } = follow();
  executions.limitStart(execution, 60_000);
  executions.onUnreachable(unreachable, false);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(ends()).toEqual([]);
  executions.onReachable();
  await vi.advanceTimersByTimeAsync(1000);
  executions.onPod(describePod(stepIs({ running: {} })), false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ends()).toEqual([]);
});

test('a limit that has passed meanwhile is told with what it really waited for', async () => {
  const { executions, execution, ends } = follow();
  executions.limitStart(execution, 60_000);
  executions.onPod(describePod(unschedulable), false);
  executions.onUnreachable(unreachable, false);
  await vi.advanceTimersByTimeAsync(120_000);
  executions.onReachable();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(ends()).toEqual([{ kind: 'not-started', reason: 'no node takes it: 0/3 nodes are available (waited 60 s)' }]);
});

test('each outage is told, and what it waits for is told again after it', () => {
  const { executions, reasons } = follow();
  executions.onPod(describePod(unschedulable), false);
  for (let outage = 0; outage < 2; outage++) {
    executions.onUnreachable(unreachable, false);
    executions.onUnreachable(unreachable, false);
    executions.onReachable();
  }
  const own = 'no node takes it: 0/3 nodes are available';
  expect(reasons()).toEqual([own, noRoute, own, noRoute, own]);
});

test('a step that runs waits for nothing once the API server is back', () => {
  const { executions, reasons } = follow();
  executions.onPod(describePod(stepIs({ running: {} })), false);
  executions.onUnreachable(unreachable, false);
  executions.onReachable();
  executions.onUnreachable(unreachable, false);
  expect(reasons()).toEqual([noRoute, noRoute]);
});

test('a pod that is still ending has the last word, though its Job has failed already', async () => {
  const { executions, ends } = follow();
  const spec = { terminationGracePeriodSeconds: 30 };
  executions.onPod(describePod(stepIs({ running: {} }), { spec }), false);
  executions.onJob(describeJobStatus('Failed', 'Job has reached the specified backoff limit'), false);
  await vi.advanceTimersByTimeAsync(25_000);
  expect(ends()).toEqual([]);
  const conditions = [
    { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'drained' },
  ];
  executions.onPod(describePod({ phase: 'Failed', conditions, ...stepIs({ terminated: { exitCode: 143 } }) }), false);
  expect(ends()).toEqual([{ kind: 'evicted', reason: 'drained' }]);
});

test('a pod that never says how it ended is not waited for beyond its grace', async () => {
  const { executions, ends } = follow();
  executions.onPod(describePod(stepIs({ running: {} }), { spec: { terminationGracePeriodSeconds: 30 } }), false);
  executions.onJob(describeJobStatus('Failed', 'backoff limit'), false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ends()).toEqual([{ kind: 'lost', reason: 'backoff limit' }]);
});

test('a Job that somebody has suspended says so, and its pod once it goes on', () => {
  const { executions, reasons } = follow();
  executions.onJob(describeJobStatus('Suspended', 'Job suspended'), false);
  executions.onJob(describeJobStatus('Suspended', 'Job resumed', 'False'), false);
  executions.onPod(describePod(unschedulable), false);
  expect(reasons()).toEqual([
    'its Job is suspended: Job suspended',
    'its pod is being made',
    'no node takes it: 0/3 nodes are available',
  ]);
});

test('an outage that is met in several ways is told once, and again where it is another', () => {
  const { executions, reasons } = follow();
  const credentials = { subject: 'credentials', reason: 'the API server does not accept user "u"' } as const;
  executions.onUnreachable(unreachable, false);
  executions.onUnreachable({ ...unreachable, reason: 'the API server cannot be reached: reset' }, false);
  executions.onUnreachable(credentials, false);
  expect(reasons()).toEqual([noRoute, credentials.reason]);
});
