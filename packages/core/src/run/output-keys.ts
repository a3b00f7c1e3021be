import type { ArtifactKey } from '../artifact/artifact-key.ts';
import { nameKey } from '../name.ts';
import type { StepRequest } from './step-request.ts';

/**
 * Where a metadata store's runs write in an artifact store:
 *
 * ```
 * <metadata store id>/runs/<run id>/<node id>.<attempt>.…              a step: result, log, artifacts
 * <metadata store id>/runs/<run id>/<node id>.<attempt>.on-success.…   its hook
 * <metadata store id>/bundles/<digest>/…                               code, where a launcher needs it there
 * <metadata store id>/runtime/…                                        core and flavors, where a launcher needs them there
 * ```
 *
 * One folder holds a run, so that making its files durable touches one folder.
 */
export function metadataStorePrefix(metadataStoreId: string): string {
  return `${metadataStoreId}/`;
}

export function runPrefix(metadataStoreId: string, runId: string): string {
  return `${metadataStoreId}/runs/${runId}/`;
}

export function bundlePrefix(metadataStoreId: string, digest: string): string {
  return `${metadataStoreId}/bundles/${digest}/`;
}

/** A few files for each release of core and of a flavor. They belong to no run, and pruning leaves them. */
export function runtimePrefix(metadataStoreId: string): string {
  return `${metadataStoreId}/runtime/`;
}

const roleSegments = { step: '', onSuccess: 'on-success.', onFailure: 'on-failure.' } as const;

/** What one execution may write begins with it. Ids of nodes differ without regard to case and have no dots, so no prefix begins another. */
export function outputPrefix(
  metadataStoreId: string,
  { runId, nodeId, attempt, role }: Pick<StepRequest, 'runId' | 'nodeId' | 'attempt' | 'role'>,
): ArtifactKey {
  return `${runPrefix(metadataStoreId, runId)}${nameKey(nodeId)}.${attempt}.${roleSegments[role]}`;
}

/** What a key of this metadata store belongs to, or undefined where core did not make it. */
export function keyOwner(
  metadataStoreId: string,
  key: ArtifactKey,
): { readonly kind: 'run'; readonly runId: string } | { readonly kind: 'bundle'; readonly digest: string } | undefined {
  const [store, area, id, ...rest] = key.split('/');
  if (store !== metadataStoreId || id === undefined || rest.length === 0) return undefined;
  if (area === 'runs') return { kind: 'run', runId: id };
  return area === 'bundles' ? { kind: 'bundle', digest: id } : undefined;
}
