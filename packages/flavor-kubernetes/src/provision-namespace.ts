import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesObject, V1Namespace, V1RoleBinding } from '@kubernetes/client-node';
import type { ComponentStatus, LifecycleOutcome } from '@mlstack/core/flavor';
import { MlstackError } from '@mlstack/core/flavor';
import { findDeniedPermissions, formatPermissions } from './cluster-access.ts';
import type { ClusterApi } from './cluster-api.ts';
import { createClusterApi } from './cluster-api.ts';
import { ClusterError, telling } from './cluster-errors.ts';
import { explainApiError, statusOf } from './kubernetes-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';
import { listNamespaceContents } from './namespace-contents.ts';
import { describeDriverObjects, describeNamespace } from './namespace-objects.ts';
import { labels } from './object-names.ts';
import type { Deprovisioned, ObjectOwner, Provisioned } from './owned-objects.ts';
import { deprovisionObject, provisionObject, readObject } from './owned-objects.ts';

/** How long a namespace that is being deleted is waited for. */
const removalMs = 60_000;

export async function namespaceStatus(config: KubernetesConfig): Promise<ComponentStatus> {
  const { namespace } = config;
  try {
    const api = createClusterApi(config);
    return await telling(api, `look at namespace ${namespace}`, async () => {
      const found = await findNamespace(api);
      if (found === 'absent') return { state: 'not-provisioned', message: `namespace ${namespace} does not exist` };
      if (found === 'going') return { state: 'not-provisioned', message: `namespace ${namespace} is being deleted` };
      const denied = await findDeniedPermissions(api);
      if (denied.length === 0) return { state: 'ready' };
      return { state: 'failed', message: `in namespace ${namespace} you may not: ${formatPermissions(denied)}` };
    });
  } catch (error) {
    if (!MlstackError.is(error)) throw error;
    return { state: 'failed', message: error.message };
  }
}

/**
 * Makes what is missing of the namespace, the driver's service account, its role and their binding, and marks what it made. Who may
 * not do that needs it done already, and is content when it is.
 */
export async function provisionNamespace(api: ClusterApi, owner: ObjectOwner): Promise<LifecycleOutcome> {
  const { namespace } = api;
  return await telling(api, `provision namespace ${namespace}`, async () => {
    const done: [string, Provisioned][] = [];
    try {
      if ((await findNamespace(api)) === 'going') await awaitRemoval(api);
      done.push([`namespace ${namespace}`, await provisionObject(api, owner, describeNamespace(namespace))]);
      const [account, role, binding] = describeDriverObjects(namespace);
      done.push([nameOf(account), await provisionObject(api, owner, account)]);
      done.push([nameOf(role), await provisionObject(api, owner, role, () => ({ rules: role.rules ?? [] }))]);
      done.push([nameOf(binding), await provisionObject(api, owner, binding, (it) => withSubjects(it, binding))]);
    } catch (error) {
      if (statusOf(error) !== 403 || (await findDeniedPermissions(api)).length > 0) throw error;
    }
    const changes = (['made', 'restored', 'shared'] as const).flatMap((kind) => {
      const names = done.filter(([, outcome]) => outcome === kind).map(([name]) => name);
      return names.length === 0 ? [] : [`${words[kind]} ${names.join(', ')}`];
    });
    if (changes.length > 0) return { outcome: 'changed', message: changes.join('; ') };
    return { outcome: 'unchanged', message: `namespace ${namespace} is there, with all that a run may need` };
  });
}

const words = { made: 'made', restored: 'put right', shared: 'shares' } as const;

/** Those who were bound to the role by hand stay. */
function withSubjects({ subjects = [] }: V1RoleBinding, wanted: V1RoleBinding): Partial<V1RoleBinding> {
  const missing = (wanted.subjects ?? []).filter(
    ({ kind, name, namespace }) =>
      !subjects.some((one) => one.kind === kind && one.name === name && one.namespace === namespace),
  );
  return missing.length === 0 ? {} : { subjects: [...subjects, ...missing] };
}

/** Removes what only this component needs; the namespace itself only where it was made here and nothing is in it. */
export async function deprovisionNamespace(api: ClusterApi, owner: ObjectOwner): Promise<LifecycleOutcome> {
  const { namespace } = api;
  return await telling(api, `deprovision namespace ${namespace}`, async () => {
    if ((await findNamespace(api)) !== 'there')
      return { outcome: 'unchanged', message: `namespace ${namespace} does not exist` };
    await refuseWhileRunning(api);
    const done: [string, Deprovisioned][] = [];
    for (const described of [...describeDriverObjects(namespace)].reverse() as KubernetesObject[])
      done.push([nameOf(described), await deprovisionObject(api, owner, described)]);
    const keep = async () => {
      const contents = await listNamespaceContents(api).catch((error: unknown) => explainApiError(error));
      if (typeof contents === 'string') return `what is in it cannot be seen: ${contents}`;
      return contents.length === 0 ? undefined : `it is not empty: ${nameSome(contents)}`;
    };
    done.push([`namespace ${namespace}`, await deprovisionObject(api, owner, describeNamespace(namespace), keep)]);
    const removed = done.filter(([, { kind }]) => kind === 'removed').map(([name]) => name);
    const changed = removed.length > 0 || done.some(([, { kind }]) => kind === 'shared');
    const parts = [
      ...(removed.length === 0 ? [] : [`removed ${removed.join(', ')}`]),
      ...done.flatMap(([name, outcome]) => explainStay(name, outcome)),
    ];
    return { outcome: changed ? 'changed' : 'unchanged', message: parts.join('; ') };
  });
}

function explainStay(name: string, outcome: Deprovisioned): string[] {
  if (outcome.kind === 'kept') return [`${name} stays: ${outcome.reason}`];
  if (outcome.kind === 'shared') return [`${name} stays: ${[...new Set(outcome.owners)].join(' and ')} needs it`];
  return outcome.kind === 'foreign' ? [`${name} stays: it was not made by this component`] : [];
}

/** A run whose role goes can neither start nor end its Jobs. */
async function refuseWhileRunning({ batch, namespace }: ClusterApi): Promise<void> {
  const labelSelector = `${labels.managedBy}=mlstack,${labels.role}!=probe`;
  const { items } = await batch.listNamespacedJob({ namespace, labelSelector });
  const runs = new Set(
    items
      .filter(({ status }) => !(status?.conditions ?? []).some(isOver))
      .map(({ metadata }) => metadata?.annotations?.['mlstack.dev/run-name'] ?? metadata?.name ?? ''),
  );
  if (runs.size === 0) return;
  throw new ClusterError(`deprovision namespace ${namespace}`, {
    reason: `runs have Jobs in it that are not over: ${nameSome([...runs])}`,
    hint: 'Wait, or end them with `mlstack runs stop RUN`; what dead runs left goes by `mlstack kubernetes prune`.',
  });
}

function isOver({ type, status }: { readonly type: string; readonly status: string }): boolean {
  return status === 'True' && (type === 'Complete' || type === 'Failed');
}

export async function findNamespace({ objects, namespace }: ClusterApi): Promise<'there' | 'going' | 'absent'> {
  try {
    const found = await readObject<V1Namespace & KubernetesObject>(objects, describeNamespace(namespace));
    if (found === undefined) return 'absent';
    return found.metadata?.deletionTimestamp === undefined ? 'there' : 'going';
  } catch (error) {
    // Who may not look at it may yet be let in.
    if (statusOf(error) === 403) return 'there';
    throw error;
  }
}

async function awaitRemoval(api: ClusterApi): Promise<void> {
  for (const limit = Date.now() + removalMs; (await findNamespace(api)) === 'going'; await delay(250)) {
    if (Date.now() < limit) continue;
    throw new ClusterError(`provision namespace ${api.namespace}`, {
      reason: `it has been in deletion for more than ${removalMs / 1000} s`,
      hint: `Look at what holds it: kubectl get namespace ${api.namespace} --output=yaml.`,
    });
  }
}

function nameOf({ kind = '', metadata }: KubernetesObject): string {
  const words = kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return `${words} ${metadata?.name}`;
}

function nameSome(names: readonly string[]): string {
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
}
