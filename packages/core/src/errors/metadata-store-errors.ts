import type { MlstackErrorOptions } from './mlstack-error.ts';
import { MlstackError } from './mlstack-error.ts';

/** An operation on a metadata store failed. Flavors wrap what their database's driver throws in this. */
export class MetadataStoreError extends MlstackError {
  readonly code: string = 'METADATA_STORE_FAILED';
  override readonly kind = 'failure' as const;

  /** @param store the store's name. @param what what was tried, as in `record a run`. */
  constructor(store: string, what: string, options: MlstackErrorOptions & { readonly reason?: string } = {}) {
    const reason = options.reason ?? (options.cause instanceof Error ? options.cause.message : undefined);
    super(`Metadata store "${store}" could not ${what}${reason === undefined ? '' : `: ${reason}`}`, options);
  }
}

/** The run that a node was to be taken from was deleted meanwhile. */
export class CacheSourceGoneError extends MlstackError {
  readonly code = 'CACHE_SOURCE_GONE';
  override readonly kind = 'failure' as const;
  readonly nodeId: string;

  constructor(nodeId: string, sourceRunId: string) {
    super(`Step "${nodeId}" cannot be taken from the cache: run ${sourceRunId} was deleted meanwhile.`);
    this.nodeId = nodeId;
  }
}

/** The records were written by a newer version, which alone understands them. */
export class MetadataStoreNewerError extends MetadataStoreError {
  override readonly code = 'METADATA_STORE_NEWER';

  constructor(store: string, where: string, found: number, supported: number) {
    super(store, `open ${where}`, {
      reason: `its format is version ${found}, and this version of mlstack reads up to ${supported}`,
      hint: 'Update mlstack. Nothing was changed.',
    });
  }
}
