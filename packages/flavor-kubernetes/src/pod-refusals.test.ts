import type { CoreV1Event } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { chooseMountFailures } from './pod-refusals.ts';

const missing = 'MountVolume.SetUp failed for volume "data" : configmap "missing" not found';
const unsynced =
  'MountVolume.SetUp failed for volume "mlstack-launch" : failed to sync secret cache: timed out waiting for the condition';

function event(message: string, second: number, pod = 'pod-1'): CoreV1Event {
  return {
    metadata: {},
    involvedObject: { kind: 'Pod', name: pod },
    reason: 'FailedMount',
    message,
    lastTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
  };
}

test('of the failures of a pod to mount its volumes the last one is told, in whatever order they are listed', () => {
  const another = missing.replace('data', 'more');
  expect(chooseMountFailures([event(another, 8), event(missing, 2), event(missing, 4, 'pod-2')])).toEqual(
    new Map([
      ['pod-1', another],
      ['pod-2', missing],
    ]),
  );
});

test('what a node merely waited for hides nothing that is wrong', () => {
  expect(chooseMountFailures([event(missing, 2), event(unsynced, 8)]).get('pod-1')).toBe(missing);
  expect(chooseMountFailures([event(unsynced, 2), event(missing, 8)]).get('pod-1')).toBe(missing);
  expect(chooseMountFailures([event(unsynced, 2)]).get('pod-1')).toBe(unsynced);
});

test('other events say nothing of volumes', () => {
  expect(chooseMountFailures([{ ...event(missing, 2), reason: 'NodeNotReady' }])).toEqual(new Map());
});
