import type { MlstackErrorOptions } from './mlstack-error.ts';
import { MlstackError } from './mlstack-error.ts';

/** An operation on an artifact store failed. Flavors wrap what their SDK throws in this. */
export class ArtifactStoreError extends MlstackError {
  readonly code: string = 'ARTIFACT_STORE_FAILED';
  override readonly kind = 'failure' as const;

  /** @param store the store's name. @param what what was tried, as in `write runs/1/model.json`. */
  constructor(store: string, what: string, options: MlstackErrorOptions & { readonly reason?: string } = {}) {
    const reason = options.reason ?? (options.cause instanceof Error ? options.cause.message : undefined);
    super(`Artifact store "${store}" could not ${what}${reason === undefined ? '' : `: ${reason}`}`, options);
  }
}

/** A run would need it, and was not begun. */
export class ArtifactStoreNotReadyError extends MlstackError {
  readonly code = 'ARTIFACT_STORE_NOT_READY';
  override readonly kind = 'failure' as const;

  /** @param message of its status. */
  constructor(store: string, state: 'failed' | 'not-provisioned', message = 'it does not say why') {
    const subject = `Artifact store "${store}"`;
    const what = state === 'failed' ? 'cannot be used' : 'is not provisioned';
    super(message.startsWith(subject) ? message : `${subject} ${what}: ${message}`, {
      hint:
        state === 'failed'
          ? 'Nothing was done. Run `mlstack doctor`, which finds out more.'
          : `Nothing was done. Provision it with \`mlstack artifact-store up ${store}\`, or correct its config.`,
    });
  }
}

export class ObjectNotFoundError extends ArtifactStoreError {
  override readonly code = 'OBJECT_NOT_FOUND';

  constructor(store: string, key: string, options: MlstackErrorOptions = {}) {
    super(store, `read ${key}`, {
      reason: 'nothing is stored there',
      hint: 'It may have been deleted outside mlstack. Run the pipeline again: what is gone is made again.',
      ...options,
    });
  }
}

/** A write with `ifAbsent` met an object that is there already. */
export class ObjectExistsError extends ArtifactStoreError {
  override readonly code = 'OBJECT_EXISTS';

  constructor(store: string, key: string, options: MlstackErrorOptions = {}) {
    super(store, `create ${key}`, { reason: 'it exists already', ...options });
  }
}

/** The bytes that came back are not those that were written. */
export class ObjectCorruptError extends ArtifactStoreError {
  override readonly code = 'OBJECT_CORRUPT';

  constructor(store: string, key: string, expected: string, actual: string, options: MlstackErrorOptions = {}) {
    super(store, `read ${key}`, {
      reason: `its SHA-256 is ${actual}, and ${expected} was written`,
      hint: 'Its bytes were damaged where they lie. Resume the run that failed, or run the pipeline again: they are made again. If they are taken from the cache once more, run it once with --no-cache.',
      ...options,
    });
  }
}
