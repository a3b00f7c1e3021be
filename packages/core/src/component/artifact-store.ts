import type { ArtifactKey } from '../artifact/artifact-key.ts';
import { StackComponent } from './stack-component.ts';

/** What every artifact store's config has. */
export interface ArtifactStoreConfig {
  /** Where the store lives: a folder or a URI of a scheme that its flavor supports. Cannot change while records point into it. */
  readonly path: string;
}

/** Static facts about a flavor of artifact store: they are read without its SDK. */
export interface ArtifactStoreCapabilities {
  /** URI schemes that `path` may have; `file` is what a plain path has. Registration refuses any other. */
  readonly supportedSchemes: readonly string[];
  /** From where its bytes can be reached: `machine` (this machine's processes) or `network` (pods too). */
  readonly reach: 'machine' | 'network';
  /** `presign` gives URLs that work without credentials. */
  readonly presignedUrls: boolean;
  /**
   * How a process elsewhere, as in a pod, is given access to a store with this config, which is as registered: references
   * unresolved. Pure. Only asked where `reach` is `network`.
   */
  readonly remoteAccess?: (config: Readonly<Record<string, unknown>>) => RemoteAccess;
}

export type RemoteAccess =
  /** By the values that its references stand for, which travel with each step. */
  | { readonly by: 'references' }
  /** By an identity that the process has where it runs; what the driver goes by does not travel. `hint`: how to have references instead. */
  | { readonly by: 'identity'; readonly hint: string }
  /** Not at all: `reason` completes "it …". */
  | { readonly by: 'nothing'; readonly reason: string; readonly hint: string };

export interface ObjectStat {
  readonly key: ArtifactKey;
  /** Bytes. */
  readonly size: number;
  /** By the store's clock. */
  readonly modifiedAt: Date;
}

export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Fail with `ObjectExistsError`, changing nothing, when the key is taken. Of two writers at once exactly one succeeds. */
  readonly ifAbsent?: boolean;
  /** Known length in bytes; lets a store choose how it uploads. A body of another length is an error and leaves nothing. */
  readonly size?: number;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** First byte, inclusive, and last byte, exclusive. `end` past the object's end reads to its end. */
  readonly range?: { readonly start: number; readonly end?: number };
}

export interface WriteReceipt {
  readonly size: number;
  /** Lower-case hex, computed while streaming. */
  readonly sha256: string;
}

/**
 * Keeps bytes under keys, relative to the store's `path`.
 *
 * An object appears whole or not at all: a reader never sees half of it, also when the writer is killed. When `write`
 * resolves the bytes are durable. Operations fail with `ArtifactStoreError` (or one of its kinds), never with what an SDK
 * throws; an aborted one with its signal's reason; a write whose `body` throws with what it threw. What is no `ArtifactKey`
 * is refused.
 */
export abstract class ArtifactStore<
  Config extends ArtifactStoreConfig = ArtifactStoreConfig,
> extends StackComponent<Config> {
  /** Streams `body` in constant memory; its chunks must not change once they were given. Replaces what was there. */
  abstract write(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteOptions,
  ): Promise<WriteReceipt>;

  /**
   * Streams in constant memory. Fails with `ObjectNotFoundError` when nothing is there, at the latest when the first chunk is
   * asked for. Bytes are delivered as stored: comparing them with a SHA-256 is the caller's part (`readVerified`).
   */
  abstract read(key: ArtifactKey, options?: ReadOptions): AsyncIterable<Uint8Array>;

  /** `undefined` when nothing is there. */
  abstract stat(key: ArtifactKey, options?: { readonly signal?: AbortSignal }): Promise<ObjectStat | undefined>;

  /** Objects whose key begins with `prefix` (plain text, not a folder), in ascending byte order of their keys, page by page. */
  abstract list(prefix: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<ObjectStat>;

  /** Keys with nothing behind them are no error. */
  abstract delete(keys: readonly ArtifactKey[], options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Removes what writers that died left behind (temporary files, unfinished uploads) under `prefix`, begun before `olderThan`, but what
   * `isUnderWay` says of the key that it would have had. Returns how many.
   */
  async deleteUnfinished(
    _prefix: string,
    _olderThan: Date,
    _isUnderWay?: (key: ArtifactKey) => Promise<boolean>,
  ): Promise<number> {
    return 0;
  }

  /** A URL that gives access without credentials for `expiresInSeconds`. Only where the capability says so. A credential: keep it out of logs. */
  async presign(
    _key: ArtifactKey,
    _options: { readonly method: 'GET' | 'PUT'; readonly expiresInSeconds: number },
  ): Promise<string> {
    throw new TypeError(`The ${this.flavor} artifact store declares no presigned URLs.`);
  }

  /**
   * As `plainConfig`, for a process elsewhere. A store may add, under names that begin with `_`, what it has found out about its server.
   */
  async remoteConfig(): Promise<Config | undefined> {
    return this.plainConfig();
  }

  /** How people name an object, for display alone: `s3://bucket/prefix/key`. */
  abstract uri(key: ArtifactKey): string;
}
