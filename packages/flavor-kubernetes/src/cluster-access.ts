import type { ClusterApi } from './cluster-api.ts';
import type { Permission } from './driver-permissions.ts';
import { driverPermissions } from './driver-permissions.ts';

/** Those of the driver's permissions that whoever the kubeconfig names does not have, as the API server says. */
export async function findDeniedPermissions({ authorization, namespace }: ClusterApi): Promise<Permission[]> {
  const asked = driverPermissions.map(async ({ group, resource, verbs }) => {
    const [name, subresource] = resource.split('/');
    const answers = verbs.map(async (verb) => {
      const { status } = await authorization.createSelfSubjectAccessReview({
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: {
            resourceAttributes: {
              namespace,
              group,
              ...(name === undefined ? {} : { resource: name }),
              ...(subresource === undefined ? {} : { subresource }),
              verb,
              ...(resource === 'namespaces' ? { name: namespace } : {}),
            },
          },
        },
      });
      return status?.allowed === true ? [] : [verb];
    });
    return { group, resource, verbs: (await Promise.all(answers)).flat() };
  });
  return (await Promise.all(asked)).filter(({ verbs }) => verbs.length > 0);
}

/** `create/list jobs, list events`. */
export function formatPermissions(permissions: readonly Permission[]): string {
  return permissions.map(({ resource, verbs }) => `${verbs.join('/')} ${resource}`).join(', ');
}
