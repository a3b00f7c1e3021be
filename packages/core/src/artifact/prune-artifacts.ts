import type { ObjectStat } from '../component/artifact-store.ts';
import type { MetadataStore } from '../component/metadata-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { Project } from '../project/project.ts';
import { keyOwner, metadataStorePrefix } from '../run/output-keys.ts';
import { requireReachableStore } from '../run/require-usable-store.ts';
import { useStack } from '../run/use-stack.ts';
import type { ArtifactKey } from './artifact-key.ts';
import { findOwnStoreIds } from './own-store-ids.ts';

export interface PruneArtifactsOptions {
  /** What is younger stays. Default: one hour. */
  readonly gracePeriodMs?: number;
  /** Only tell. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}
export interface PrunedArtifacts {
  readonly objects: number;
  /** Bytes. */
  readonly size: number;
  /** Unfinished writes of processes that died. Not looked for in a dry run. */
  readonly unfinished: number;
  /** Code of this machine that no run needs any more. */
  readonly bundles: number;
  /** What was left for a reason that people may want to know. */
  readonly notices: readonly string[];
  readonly dryRun: boolean;
}

const defaultGracePeriodMs = 3_600_000;

/**
 * Removes bytes of the stack's artifact store that no record of its metadata store refers to. Looks only at what this metadata
 * store's runs wrote, and not at what is of the original where its records were copied; leaves what runs that have not ended wrote, what is younger than the grace period, and what is none of core's keys.
 * A run that is recorded keeps its logs and results; what a failed attempt stored as artifacts goes. Removes bundles of the project, too, which
 * no run that may go on and no build of unchanged code needs.
 */
export async function pruneArtifacts(
  project: Project,
  { gracePeriodMs = defaultGracePeriodMs, dryRun = false, signal }: PruneArtifactsOptions = {},
): Promise<PrunedArtifacts> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const artifactStore = await stack.component('artifact-store');
    await requireReachableStore(project, stack);
    const { own, notices } = await findOwnStoreIds(project, metadataStore, artifactStore);
    const olderThan = new Date(Date.now() - gracePeriodMs);
    const options = signal === undefined ? {} : { signal };
    let objects = 0;
    let size = 0;
    let unfinished = 0;
    for (const metadataStoreId of own) {
      const prefix = metadataStorePrefix(metadataStoreId);
      for await (const group of groupByOwner(artifactStore.list(prefix, options), metadataStoreId)) {
        const wanted = await findWanted(group, metadataStore);
        const unwanted = group.objects.filter(({ key, modifiedAt }) => modifiedAt < olderThan && !wanted(key));
        objects += unwanted.length;
        size += unwanted.reduce((sum, object) => sum + object.size, 0);
        const keys = unwanted.map(({ key }) => key);
        if (!dryRun && keys.length > 0) await artifactStore.delete(keys, options);
      }
      const isUnderWay = async (key: ArtifactKey) => {
        const owner = keyOwner(metadataStoreId, key);
        if (owner?.kind !== 'run') return false;
        const run = await findRun(metadataStore, owner.runId);
        return run !== undefined && run.endedAt === undefined;
      };
      if (!dryRun) unfinished += await artifactStore.deleteUnfinished(prefix, olderThan, isUnderWay);
    }
    const code = await pruneCode(project, olderThan, dryRun);
    return { objects, size, unfinished, bundles: code.bundles, notices: [...notices, ...code.notices], dryRun };
  });
}

/** Every metadata store of the project is asked, for they share its bundles. */
async function pruneCode(
  project: Project,
  olderThan: Date,
  dryRun: boolean,
): Promise<Pick<PrunedArtifacts, 'bundles' | 'notices'>> {
  const { pruneBundles } = await import('../bundle/prune-bundles.ts');
  const { openComponent } = await import('../stack/open-stack.ts');
  const stores = project.registry.read().components.filter(({ type }) => type === 'metadata-store');
  const findNeeded = async (digests: readonly string[]) => {
    const needed = new Set<string>();
    for (const { name } of stores) {
      const store = await openComponent(project, 'metadata-store', name).catch((error: unknown) => {
        throw new StoreClosedError(name, error);
      });
      try {
        for (const digest of await store.findReferencedCode(digests, { uncompleted: true })) needed.add(digest);
      } catch (error) {
        throw new StoreClosedError(name, error);
      } finally {
        await store.close();
      }
    }
    return needed;
  };
  try {
    return { bundles: await pruneBundles(project.stateDirectory, { olderThan, dryRun, findNeeded }), notices: [] };
  } catch (error) {
    if (!(error instanceof StoreClosedError)) throw error;
    return { bundles: 0, notices: [error.message] };
  }
}

class StoreClosedError extends Error {
  constructor(store: string, cause: unknown) {
    const reason = MlstackError.is(cause) ? cause.message : String(cause);
    super(`Code was left, for metadata store "${store}" cannot say which runs need it: ${reason}`, { cause });
  }
}

type Owner = NonNullable<ReturnType<typeof keyOwner>>;
interface Group {
  readonly owner: Owner;
  readonly objects: ObjectStat[];
}

/** What belongs to one run, or to one bundle: keys come in order, so each group comes once and alone. */
async function* groupByOwner(objects: AsyncIterable<ObjectStat>, metadataStoreId: string): AsyncGenerator<Group> {
  let group: Group | undefined;
  for await (const object of objects) {
    const owner = keyOwner(metadataStoreId, object.key);
    if (owner === undefined) continue;
    if (group !== undefined && ownerId(group.owner) === ownerId(owner)) {
      group.objects.push(object);
      continue;
    }
    if (group !== undefined) yield group;
    group = { owner, objects: [object] };
  }
  if (group !== undefined) yield group;
}

function ownerId(owner: Owner): string {
  return owner.kind === 'run' ? `run ${owner.runId}` : `bundle ${owner.digest}`;
}

/** Which keys of a group must stay. */
async function findWanted({ owner, objects }: Group, metadataStore: MetadataStore): Promise<(key: string) => boolean> {
  if (owner.kind === 'bundle') {
    const isReferenced = (await metadataStore.findReferencedCode([owner.digest])).has(owner.digest);
    return () => isReferenced;
  }
  const run = await findRun(metadataStore, owner.runId);
  if (run !== undefined && run.endedAt === undefined) return () => true;
  const { findArtifactKeys } = await import('./find-artifact-keys.ts');
  const artifacts = await findArtifactKeys(
    metadataStore,
    objects.map(({ key }) => key),
  );
  return (key) => artifacts.has(key) || (run !== undefined && isLogOrResult(key));
}

async function findRun(metadataStore: MetadataStore, runId: string) {
  return (await metadataStore.findRuns([runId])).get(runId);
}

function isLogOrResult(key: string): boolean {
  return /\.(?:log\.\d{6}\.jsonl|result\.json)$/.test(key);
}
