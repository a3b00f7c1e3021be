import type { EndCause } from '@mlstack/core/flavor';
import { expect, test } from 'vitest';
import { readPodState } from './pod-state.ts';
import { containerIs, describePod, stepIs } from './testing/describe-pod.ts';

const terminated = (exitCode: number, message?: string) => ({
  terminated: { exitCode, ...(message === undefined ? {} : { message }) },
});

const causeOf = (...pod: Parameters<typeof describePod>): EndCause | undefined => {
  const state = readPodState(describePod(...pod));
  return state.kind === 'ended' ? state.cause : undefined;
};

test('a number of log chunks that no step can have is not believed', () => {
  for (const logChunks of [9e15, -1, 1.5, '3']) {
    const end = JSON.stringify({ cause: { kind: 'lost', reason: 'x' }, logChunks });
    expect(readPodState(describePod(stepIs(terminated(1, end))))).toEqual({
      kind: 'ended',
      cause: { kind: 'exited', exitCode: 1 },
    });
  }
  const end = { cause: { kind: 'lost', reason: 'x' }, logChunks: 3 };
  expect(readPodState(describePod(stepIs(terminated(1, JSON.stringify(end)))))).toEqual({ kind: 'ended', ...end });
});

test('an init container that fails is named, with its exit code and what it said', () => {
  const failed = containerIs('fetch-data', terminated(7, 'no such file'));
  const waiting = containerIs('step', { waiting: { reason: 'PodInitializing' } });
  const status = { phase: 'Failed', initContainerStatuses: [failed], containerStatuses: [waiting] };
  expect(causeOf(status)).toEqual({
    kind: 'lost',
    reason: 'its init container fetch-data failed with exit code 7: no such file',
  });
  const killed = containerIs('fetch-data', { terminated: { exitCode: 137, reason: 'OOMKilled' } });
  expect(causeOf({ ...status, initContainerStatuses: [killed] })).toEqual({
    kind: 'lost',
    reason: 'its init container fetch-data failed with exit code 137: OOMKilled',
  });
});

const late = { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node too long' };
const argsOf = (settings: object) => ({
  containers: [{ name: 'step', args: [JSON.stringify({ runId: 'r', node: { settings } })] }],
});

test('a pod that the cluster ended for its time tells the timeout of the step, not its own', () => {
  const spec = { activeDeadlineSeconds: 960, ...argsOf({ timeoutMs: 60_000 }) };
  const told = JSON.stringify({ cause: { kind: 'stopped' }, logChunks: 2 });
  expect(readPodState(describePod({ ...late, ...stepIs(terminated(1, told)) }, { spec }))).toEqual({
    kind: 'ended',
    cause: { kind: 'timed-out', timeoutMs: 60_000 },
    logChunks: 2,
  });
  expect(causeOf({ ...late, ...stepIs({ running: {} }) }, { spec })).toEqual({ kind: 'timed-out', timeoutMs: 60_000 });
});

test('a deadline that is not the step’s own is told as what it is', () => {
  const spec = { activeDeadlineSeconds: 30, ...argsOf({}) };
  expect(causeOf({ ...late, ...stepIs(terminated(137)) }, { spec })).toEqual({
    kind: 'lost',
    reason: 'its pod was ended after its activeDeadlineSeconds of 30 s',
  });
});

test('a pod whose node is gone is lost with it, not evicted', () => {
  const conditions = [
    { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' },
  ];
  expect(causeOf({ phase: 'Failed', conditions })).toEqual({
    kind: 'lost',
    reason: 'node node-1 was lost: PodGC: node no longer exists',
  });
});

test('a pod that was preempted is evicted', () => {
  const conditions = [
    { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'preempting' },
  ];
  expect(causeOf({ phase: 'Failed', conditions })).toEqual({ kind: 'evicted', reason: 'preempting' });
});
