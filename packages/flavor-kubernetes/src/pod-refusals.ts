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
  const failures = new Map<string, string>();
  for (const { involvedObject, reason, message } of items) {
    if (involvedObject.name === undefined || message === undefined || !mountFailures.includes(reason ?? '')) continue;
    failures.set(involvedObject.name, message);
  }
  return failures;
}
