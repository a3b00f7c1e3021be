import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject, V1ObjectMeta } from '@kubernetes/client-node';
import { PatchStrategy } from '@kubernetes/client-node';
import type { ClusterApi } from './cluster-api.ts';
import { statusOf } from './kubernetes-api.ts';
import { shortHash } from './object-names.ts';

/** A component that objects of a cluster are made for. */
export interface ObjectOwner {
  readonly id: string;
  /** For people: `orchestrator k8s`. */
  readonly label: string;
}

const ownerDomain = 'owner.mlstack.dev/';

/** Each component that has provisioned it: an annotation of its own, so that the last to go takes it away. */
function ownerKey({ id }: ObjectOwner): string {
  return ownerDomain + shortHash(id);
}

/** Labels of the components that an object was provisioned for; none where somebody else made it. */
export function ownersOf({ metadata }: KubernetesObject): ReadonlyMap<string, string> {
  const owned = Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.startsWith(ownerDomain));
  return new Map(owned);
}

export type Provisioned = 'made' | 'restored' | 'shared' | 'found';

/**
 * Makes an object, or marks one that other components of mlstack made as needed by this one too, and puts right what was changed
 * by hand. What nobody here made is left as it is.
 */
export async function provisionObject<Item extends KubernetesObject>(
  { objects }: ClusterApi,
  owner: ObjectOwner,
  wanted: Item,
  wantedFields: (existing: Item) => Partial<Item> = () => ({}),
): Promise<Provisioned> {
  const mark = { [ownerKey(owner)]: owner.label };
  return await untilSettled(async () => {
    const existing = await readObject<Item>(objects, wanted);
    if (existing === undefined) {
      const metadata = { ...wanted.metadata, annotations: mark };
      return (await unlessStatus([409], objects.create({ ...wanted, metadata }))) ? 'made' : undefined;
    }
    const owners = ownersOf(existing);
    if (owners.size === 0) return 'found';
    const fields = wantedFields(existing);
    const changed = Object.entries(fields).filter(
      ([field, value]) => !isDeepStrictEqual(plain(existing[field as keyof Item]), plain(value)),
    );
    const isMarked = owners.get(ownerKey(owner)) === owner.label;
    if (isMarked && changed.length === 0) return 'found';
    const patch = { ...Object.fromEntries(changed), metadata: versioned(existing, mark) };
    if (!(await unlessStatus([404, 409], patchObject(objects, existing, patch)))) return undefined;
    return changed.length > 0 ? 'restored' : 'shared';
  });
}

export type Deprovisioned =
  | { readonly kind: 'removed' }
  | { readonly kind: 'absent' }
  /** Somebody else made it. */
  | { readonly kind: 'foreign' }
  /** Others need it: their labels. */
  | { readonly kind: 'shared'; readonly owners: readonly string[] }
  /** Its own, and it must not go yet. */
  | { readonly kind: 'kept'; readonly reason: string };

/** Takes this component's mark off, and the object away where no other component needs it. */
export async function deprovisionObject<Item extends KubernetesObject>(
  { objects }: ClusterApi,
  owner: ObjectOwner,
  described: Item,
  reasonToKeep: () => Promise<string | undefined> = async () => undefined,
): Promise<Deprovisioned> {
  return await untilSettled<Deprovisioned>(async () => {
    const existing = await readObject<Item>(objects, described);
    if (existing === undefined || existing.metadata?.deletionTimestamp !== undefined) return { kind: 'absent' };
    const owners = new Map(ownersOf(existing));
    if (!owners.delete(ownerKey(owner))) return { kind: 'foreign' };
    if (owners.size > 0) {
      const unmark = { metadata: versioned(existing, { [ownerKey(owner)]: null }) };
      const isUnmarked = await unlessStatus([404, 409], patchObject(objects, existing, unmark));
      return isUnmarked ? { kind: 'shared', owners: [...owners.values()] } : undefined;
    }
    const reason = await reasonToKeep();
    if (reason !== undefined) return { kind: 'kept', reason };
    const { uid, resourceVersion } = existing.metadata ?? {};
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const removal = objects.delete(existing, undefined, undefined, undefined, undefined, undefined, { preconditions });
    return (await unlessStatus([404, 409], removal)) ? { kind: 'removed' } : undefined;
  });
}

/** Nothing where it is not there. */
export async function readObject<Item extends KubernetesObject>(
  objects: ClusterApi['objects'],
  { apiVersion, kind, metadata }: Item,
): Promise<Item | undefined> {
  const { name = '', namespace } = metadata ?? {};
  const header = { metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
  try {
    return (await objects.read({
      ...(apiVersion === undefined ? {} : { apiVersion }),
      ...(kind === undefined ? {} : { kind }),
      ...header,
    })) as Item;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

async function patchObject(
  objects: ClusterApi['objects'],
  { apiVersion, kind }: KubernetesObject,
  patch: { readonly metadata: object },
): Promise<unknown> {
  const body = { apiVersion, kind, ...patch } as KubernetesObject;
  return await objects.patch(body, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
}

/** Of the object as it was read: a change that somebody made since is a conflict. */
function versioned({ metadata }: KubernetesObject, annotations: Readonly<Record<string, string | null>>) {
  const { name, namespace, resourceVersion } = metadata ?? ({} as V1ObjectMeta);
  return { name, ...(namespace === undefined ? {} : { namespace }), resourceVersion, annotations };
}

/** Looks again as often as somebody else was faster, up to a limit that only a fault reaches. */
async function untilSettled<Answer>(attempt: () => Promise<Answer | undefined>): Promise<Answer> {
  for (let tries = 0; tries < 20; tries++) {
    const answer = await attempt();
    if (answer !== undefined) return answer;
    await delay(25 * tries);
  }
  throw new Error('it is changed by others all the time');
}

/** False where the API server answers with one of these. */
async function unlessStatus(statuses: readonly number[], change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return false;
    throw error;
  }
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
