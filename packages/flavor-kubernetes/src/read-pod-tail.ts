import type { KubernetesApi } from './kubernetes-api.ts';
import { containerName } from './object-names.ts';

/** More is not asked for. */
const mostLines = 500;
/** More is not kept. */
const mostBytes = 64 * 1024;

/** What the step's container has printed last, in whole lines. */
export async function readPodTail({ core }: KubernetesApi, namespace: string, pod: string): Promise<string> {
  const request = { name: pod, namespace, container: containerName, tailLines: mostLines };
  const text = Buffer.from((await core.readNamespacedPodLog(request)) ?? '');
  if (text.length <= mostBytes) return text.toString();
  const start = text.indexOf('\n', text.length - mostBytes) + 1;
  return text.subarray(start).toString();
}
