import type {
  KubernetesObject,
  V1Namespace,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { driverPermissions } from './driver-permissions.ts';
import { labels } from './object-names.ts';

/** Of the service account, the role and the binding of the two. */
export const driverName = 'mlstack-driver';

const metadata = { name: driverName, labels: { [labels.managedBy]: 'mlstack' } };
const group = 'rbac.authorization.k8s.io';

export function describeNamespace(name: string): V1Namespace & KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { ...metadata, name } };
}

/** A driver needs no more than this role; who runs pipelines is bound to it, or uses the service account. In the order in which they are made. */
export function describeDriverObjects(
  namespace: string,
): readonly [V1ServiceAccount & KubernetesObject, V1Role & KubernetesObject, V1RoleBinding & KubernetesObject] {
  const own = { ...metadata, namespace };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: own, automountServiceAccountToken: false },
    { apiVersion: `${group}/v1`, kind: 'Role', metadata: own, rules: describeRules(namespace) },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: own,
      roleRef: { apiGroup: group, kind: 'Role', name: driverName },
      subjects: [{ kind: 'ServiceAccount', name: driverName, namespace }],
    },
  ];
}

function describeRules(namespace: string): V1PolicyRule[] {
  return driverPermissions.map((permission) => ({
    apiGroups: [permission.group],
    resources: [permission.resource],
    verbs: [...permission.verbs],
    ...(permission.resource === 'namespaces' ? { resourceNames: [namespace] } : {}),
  }));
}
