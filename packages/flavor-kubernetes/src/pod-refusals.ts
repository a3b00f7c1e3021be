import type { CoreV1Event } from '@kubernetes/client-node';
import type { KubernetesApi } from './kubernetes-api.ts';

/**
 * Why Jobs get no pod, by the Job's name: a quota, a service account that is missing, a policy. The Job itself does not say. One
 * request, however many Jobs there are.
 */
export async function readPodRefusals({ core }: KubernetesApi, namespace: string): Promise<Map<string, string>> {
  const fieldSelector = 'involvedObject.kind=Job,reason=FailedCreate';
  const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
  const refusals = new Map<string, string>();
  for (const { involvedObject, message } of items) {
    if (involvedObject.name !== undefined && message !== undefined) refusals.set(involvedObject.name, message);
  }
  return refusals;
}

const mountFailures = ['FailedMount', 'FailedAttachVolume'];
/** What pods are warned of otherwise, and often. */
const otherWarnings = ['BackOff', 'Failed', 'FailedScheduling', 'Unhealthy'];

/** Why volumes of pods are not mounted, by the pod's name: its status does not say. One request, however many there are. */
export async function readMountFailures({ core }: KubernetesApi, namespace: string): Promise<Map<string, string>> {
  const fieldSelector = [
    'involvedObject.kind=Pod',
    'type=Warning',
    ...otherWarnings.map((one) => `reason!=${one}`),
  ].join();
  const { items } = await core.listNamespacedEvent({ namespace, fieldSelector });
  return chooseMountFailures(items);
}

/** What the node waited for in vain: it tries again, and another event says what is really wrong, if anything is. */
const impatience = /timed out waiting for the condition|context deadline exceeded/;

/** Of each pod the failure that came last. */
export function chooseMountFailures(events: readonly CoreV1Event[]): Map<string, string> {
  const failures = new Map<string, string>();
  const byTime = events
    .filter(({ reason }) => mountFailures.includes(reason ?? ''))
    .toSorted((one, other) => lastSeen(one) - lastSeen(other));
  for (const { involvedObject, message } of byTime) {
    if (involvedObject.name === undefined || message === undefined) continue;
    const earlier = failures.get(involvedObject.name);
    const isLess = impatience.test(message) && earlier !== undefined && !impatience.test(earlier);
    if (!isLess) failures.set(involvedObject.name, message);
  }
  return failures;
}

function lastSeen({ lastTimestamp, series, eventTime, metadata }: CoreV1Event): number {
  return Number(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0);
}
