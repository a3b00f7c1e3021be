import type { KubernetesObject, V1APIResource } from '@kubernetes/client-node';
import type { ClusterApi } from './cluster-api.ts';

/** How many objects of one kind are asked for: enough to name some and to know that there are more. */
const pageSize = 100;

/** What every namespace has, or what only tells of others. */
const kindsLeftOut = new Set(['Event', 'Endpoints', 'EndpointSlice', 'PodMetrics']);
const namesLeftOut = new Set([
  'ServiceAccount/default',
  'ConfigMap/kube-root-ca.crt',
  'ConfigMap/openshift-service-ca.crt',
]);

/**
 * What lies in the namespace, as `Kind/name`, but for what the cluster puts into each and what is going already: what is being deleted,
 * and what belonged to a Job that is gone. Fails where a kind cannot be listed: what is not seen is not known to be nothing.
 */
export async function listNamespaceContents(api: ClusterApi): Promise<string[]> {
  const kinds = await listKinds(api);
  const found = (await Promise.all(kinds.map((kind) => listObjects(api, kind)))).flat();
  const uids = new Set(found.map(({ metadata }) => metadata?.uid));
  return found
    .filter(({ metadata }) => {
      const isOrphan = metadata?.ownerReferences?.some(({ kind, uid }) => kind === 'Job' && !uids.has(uid)) === true;
      return metadata?.deletionTimestamp === undefined && !isOrphan;
    })
    .map(({ kind, metadata }) => `${kind}/${metadata?.name}`)
    .filter((name) => !namesLeftOut.has(name))
    .sort();
}

interface ListedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
}

async function listKinds({ core, apis, custom }: ClusterApi): Promise<ListedKind[]> {
  const { groups } = await apis.getAPIVersions();
  const lists = await Promise.all([
    core.getAPIResources().then(({ resources }) => kindsOf('', 'v1', resources)),
    ...groups.map(async ({ name: group, preferredVersion, versions: [first] }) => {
      const version = preferredVersion?.version ?? first?.version ?? 'v1';
      return kindsOf(group, version, (await custom.getAPIResources({ group, version })).resources);
    }),
  ]);
  return lists.flat();
}

function kindsOf(group: string, version: string, resources: readonly V1APIResource[]): ListedKind[] {
  return resources
    .filter(
      ({ name, namespaced, verbs, kind }) =>
        namespaced &&
        !name.includes('/') &&
        verbs.includes('list') &&
        verbs.includes('delete') &&
        !kindsLeftOut.has(kind),
    )
    .map(({ name: plural, kind }) => ({ group, version, plural, kind }));
}

async function listObjects(
  { objects, custom, namespace }: ClusterApi,
  { group, version, plural, kind }: ListedKind,
): Promise<KubernetesObject[]> {
  const { items }: { items: readonly KubernetesObject[] } =
    group === ''
      ? await objects.list(version, kind, namespace, undefined, undefined, undefined, undefined, undefined, pageSize)
      : await custom.listNamespacedCustomObject({ group, version, namespace, plural, limit: pageSize });
  return items.map((item) => ({ ...item, kind }));
}
