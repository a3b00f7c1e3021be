import type { V1ContainerState, V1Job, V1Pod, V1PodStatus } from '@kubernetes/client-node';
import { containerName } from '../object-names.ts';

/** A pod of the Job `job`, as the API server would tell of it. */
export function describePod(
  status: V1PodStatus,
  { spec, ...metadata }: Partial<NonNullable<V1Pod['metadata']>> & { readonly spec?: Partial<V1Pod['spec']> } = {},
): V1Pod {
  return {
    metadata: {
      name: 'pod',
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'u' }],
      ...metadata,
    },
    spec: { nodeName: 'node-1', containers: [{ name: containerName }], ...spec },
    status,
  };
}

export function stepIs(state: V1ContainerState): V1PodStatus {
  return { containerStatuses: [containerIs(containerName, state)] };
}

export function containerIs(name: string, state: V1ContainerState) {
  return { name, state, image: '', imageID: '', ready: false, restartCount: 0 };
}

export function describeJobStatus(type: string, message = '', status = 'True'): V1Job {
  return { metadata: { name: 'job' }, status: { conditions: [{ type, status, message }] } };
}
