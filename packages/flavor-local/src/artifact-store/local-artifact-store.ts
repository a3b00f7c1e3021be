import { lstatSync, statfsSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type {
  ArtifactKey,
  ArtifactStoreConfig,
  ComponentInit,
  ComponentStatus,
  DiagnosisContext,
  Finding,
  LifecycleOutcome,
  ObjectStat,
  ReadOptions,
  WriteOptions,
  WriteReceipt,
} from '@mlstack/core/flavor';
import {
  ArtifactStore,
  ArtifactStoreError,
  isArtifactKey,
  MlstackError,
  ObjectExistsError,
  ObjectNotFoundError,
} from '@mlstack/core/flavor';
import { explainFileSystemError, isSystemError } from '../file-system-error.ts';
import { FolderTree } from '../folder-tree.ts';
import { resolveLocalPath } from '../local-path.ts';
import { ProvisionedFolder } from '../provisioned-folder.ts';
import { BodySource } from './body-source.ts';
import { deleteObjects } from './delete-objects.ts';
import { isObjectName, parseTemporaryName, splitKey } from './object-path.ts';
import { MissingError, readObject } from './read-object.ts';
import { walkFolders } from './walk-folders.ts';
import { TakenError, writeObject } from './write-object.ts';

const fewBytes = 1 << 30;

/**
 * Objects are files below the folder `path`, under their keys. Durable means: temporary name in the same folder, fsync, rename
 * (or link, where the name must be free), fsync of each folder whose entries changed. Symbolic links below `path` are not followed.
 * The folder is made when it is first written to.
 */
export class LocalArtifactStore extends ArtifactStore {
  readonly #root: string;
  readonly #tree: FolderTree;
  readonly #provisioned: ProvisionedFolder;

  constructor(init: ComponentInit<ArtifactStoreConfig>) {
    super(init);
    this.#root = resolveLocalPath(init.config.path, init.context.projectDirectory);
    this.#tree = new FolderTree(this.#root);
    this.#provisioned = new ProvisionedFolder(this.#root, init.context.stateDirectory);
  }

  async write(
    key: ArtifactKey,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { signal, ifAbsent = false, size }: WriteOptions = {},
  ): Promise<WriteReceipt> {
    const what = `write ${key}`;
    this.#checkKey(key, what);
    signal?.throwIfAborted();
    const source = body instanceof Uint8Array ? undefined : new BodySource(body, signal);
    try {
      return await writeObject(this.#tree, { ...splitKey(key), ifAbsent, size }, source?.chunks() ?? body);
    } catch (error) {
      if (source?.failure !== undefined && source.failure.error === error) throw error;
      if (error instanceof TakenError) throw new ObjectExistsError(this.name, key);
      throw this.#explain(what, error);
    }
  }

  async *read(key: ArtifactKey, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
    const what = `read ${key}`;
    this.#checkKey(key, what);
    const { signal, range } = options;
    signal?.throwIfAborted();
    if (range !== undefined) checkRange(range);
    const chunks = readObject(this.#tree, splitKey(key), options);
    try {
      yield* chunks;
    } catch (error) {
      if (error instanceof MissingError) throw new ObjectNotFoundError(this.name, key);
      throw signal?.aborted && error === signal.reason ? error : this.#explain(what, error);
    }
  }

  async stat(key: ArtifactKey, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ObjectStat | undefined> {
    const what = `look at ${key}`;
    this.#checkKey(key, what);
    signal?.throwIfAborted();
    try {
      const { folders, name } = splitKey(key);
      const folder = this.#tree.find(folders);
      const found = folder === undefined ? undefined : lstatSync(join(folder, name), { throwIfNoEntry: false });
      return found?.isFile() ? { key, size: found.size, modifiedAt: found.mtime } : undefined;
    } catch (error) {
      throw this.#explain(what, error);
    }
  }

  async *list(prefix: string, { signal }: { readonly signal?: AbortSignal } = {}): AsyncGenerator<ObjectStat> {
    signal?.throwIfAborted();
    for await (const { folder, name, size, modifiedAt } of this.#walk(prefix, `list ${prefix || 'its objects'}`)) {
      signal?.throwIfAborted();
      if (isObjectName(name)) yield { key: folder + name, size, modifiedAt };
    }
  }

  async delete(keys: readonly ArtifactKey[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const what = keys.length === 1 ? `delete ${keys[0]}` : `delete ${keys.length} objects`;
    for (const key of keys) this.#checkKey(key, what);
    signal?.throwIfAborted();
    try {
      await deleteObjects(this.#tree, keys.map(splitKey), signal);
    } catch (error) {
      throw signal?.aborted && error === signal.reason ? error : this.#explain(what, error);
    }
  }

  override async deleteUnfinished(
    prefix: string,
    olderThan: Date,
    isUnderWay: (key: ArtifactKey) => Promise<boolean> = async () => false,
  ): Promise<number> {
    const what = `remove unfinished files under ${prefix}`;
    let count = 0;
    for await (const { folder, name, modifiedAt } of this.#walk('', what)) {
      const intended = parseTemporaryName(name);
      if (intended === undefined || !(folder + intended).startsWith(prefix) || modifiedAt >= olderThan) continue;
      if (await isUnderWay(folder + intended)) continue;
      try {
        await unlink(join(this.#root, folder, name));
        count++;
      } catch (error) {
        if (!isSystemError(error, 'ENOENT')) throw this.#explain(what, error);
      }
    }
    return count;
  }

  uri(key: ArtifactKey): string {
    return pathToFileURL(join(this.#root, key)).href;
  }

  override async provision(): Promise<LifecycleOutcome> {
    try {
      return this.#provisioned.provision();
    } catch (error) {
      throw this.#explain(`make its folder ${this.#root}`, error);
    }
  }

  override async deprovision(): Promise<LifecycleOutcome> {
    try {
      return this.#provisioned.deprovision();
    } catch (error) {
      throw this.#explain(`remove its folder ${this.#root}`, error);
    }
  }

  override async status(): Promise<ComponentStatus> {
    return this.#provisioned.status();
  }

  override async diagnose(context: DiagnosisContext): Promise<Finding[]> {
    const refusal = this.#provisioned.whyNotWritable();
    if (refusal !== undefined) {
      const { reason, hint: fix = 'Check owner and permissions of the folder.' } = refusal;
      const message = `${this.#root} is not readable and writable: ${reason}`;
      return [{ level: 'problem', subject: 'permissions', message, fix }];
    }
    const findings = await super.diagnose(context);
    if ((await this.status()).state !== 'ready') return findings;
    const message = `${this.#root} is readable and writable`;
    return [...findings, { level: 'ok', subject: 'permissions', message }, this.#diagnoseSpace()];
  }

  #diagnoseSpace(): Finding {
    const { bavail, bsize } = statfsSync(this.#root);
    const free = bavail * bsize;
    const message = `${(free / 2 ** 30).toFixed(1)} GiB are free on the disk of ${this.#root}`;
    return free >= fewBytes
      ? { level: 'ok', subject: 'space', message }
      : {
          level: 'warning',
          subject: 'space',
          message,
          fix: 'Free some space, for instance with `mlstack artifacts prune`.',
        };
  }

  async *#walk(prefix: string, what: string) {
    try {
      yield* walkFolders(this.#tree, prefix);
    } catch (error) {
      throw this.#explain(what, error);
    }
  }

  #checkKey(key: string, what: string): void {
    if (!isArtifactKey(key)) throw new ArtifactStoreError(this.name, what, { reason: 'this is no artifact key' });
  }

  #explain(what: string, error: unknown): unknown {
    return MlstackError.is(error) ? error : new ArtifactStoreError(this.name, what, explainFileSystemError(error));
  }
}

function checkRange({ start, end = start }: NonNullable<ReadOptions['range']>): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end >= start) return;
  throw new RangeError(`[${start}, ${end}) is no range of bytes.`);
}
