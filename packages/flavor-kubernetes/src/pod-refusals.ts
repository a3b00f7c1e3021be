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
