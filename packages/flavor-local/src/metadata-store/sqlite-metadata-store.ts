import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type {
  ComponentInit,
  ComponentStatus,
  Lease,
  LeaseHolder,
  LineageEdge,
  NewRun,
  Page,
  PageOptions,
  RunChange,
  RunRequest,
} from '@mlstack/core/flavor';
import { MetadataStore, MetadataStoreError, MlstackError } from '@mlstack/core/flavor';
import { explainFileSystemError } from '../file-system-error.ts';
import { resolveLocalPath } from '../local-path.ts';
import { createRun } from './create-run.ts';
import { deleteRun } from './delete-run.ts';
import { readFileIdentity } from './file-identity.ts';
import {
  countArtifacts,
  findReferencedKeys,
  getArtifact,
  listArtifacts,
  listInputs,
  listReaders,
} from './read-artifacts.ts';
import { findCached, findPrevious, getNode, listNodes } from './read-nodes.ts';
import { findReferencedCode, findRuns, getRun, listPipelines, listRuns } from './read-runs.ts';
import { ImpossibleChangeError, recordChanges } from './record-changes.ts';
import { appendRequest, consumeRequest, releaseLease, renewLease, takeLease } from './run-lease.ts';
import { ChangedError, SqliteDatabase } from './sqlite-database.ts';
import { explainSqliteError, isBusy, isWithoutRoom } from './sqlite-error.ts';
import { readEarlierStoreIds, readStoreId, renewStoreId } from './store-id.ts';

/** How long a lock of another process is waited for. */
const patienceMs = 30_000;

export interface SqliteMetadataStoreConfig {
  /** The database file. */
  readonly path: string;
}

/**
 * Records in one SQLite file, which several processes use at once: write-ahead log, each write one transaction that is
 * durable when it resolves. The file is made when it is first used. Statements run in this thread: none takes long.
 */
export class SqliteMetadataStore extends MetadataStore<SqliteMetadataStoreConfig> {
  readonly #file: string;
  #database: SqliteDatabase | undefined;

  constructor(init: ComponentInit<SqliteMetadataStoreConfig>) {
    super(init);
    this.#file = resolveLocalPath(init.config.path, init.context.projectDirectory);
  }

  async storeId(): Promise<string> {
    const known = await this.#read('read its id', (database) => readStoreId(database, readFileIdentity(this.#file)));
    if (known !== undefined) return known;
    return await this.#write('take an id of its own', (database) =>
      renewStoreId(database, readFileIdentity(this.#file)),
    );
  }

  override async earlierStoreIds(): Promise<readonly string[]> {
    return this.#read('read its earlier ids', readEarlierStoreIds);
  }

  async createRun(run: NewRun): Promise<void> {
    await this.#write(`record run ${run.name}`, (database) => createRun(database, run));
  }

  async createDrivenRun(run: NewRun, holder: LeaseHolder, options: { readonly ttlMs: number }): Promise<Lease> {
    return this.#write(`record run ${run.name}`, (database) => {
      createRun(database, run);
      return takeLease(database, run.id, holder, options);
    });
  }

  async takeLease(
    runId: string,
    holder: LeaseHolder,
    options: { readonly ttlMs: number; readonly isHolderDead?: (holder: LeaseHolder) => boolean },
  ): Promise<Lease> {
    return this.#write(`take the lease of run ${runId}`, (database) => takeLease(database, runId, holder, options));
  }

  async renewLease(lease: Lease, ttlMs: number): Promise<readonly RunRequest[]> {
    return this.#attempt(`renew the lease of run ${lease.runId}`, (database) =>
      database.apply(() => renewLease(database, lease, ttlMs)),
    );
  }

  async releaseLease(lease: Lease): Promise<void> {
    await this.#write(`release the lease of run ${lease.runId}`, (database) => releaseLease(database, lease));
  }

  async record(lease: Lease, changes: readonly RunChange[], ttlMs: number, onHeld?: () => void): Promise<void> {
    await this.#write(`record what happened in run ${lease.runId}`, (database) =>
      recordChanges(database, lease, changes, ttlMs, onHeld),
    );
  }

  async appendRequest(runId: string, kind: RunRequest['kind']): Promise<void> {
    await this.#write(`record a request to run ${runId}`, (database) => appendRequest(database, runId, kind));
  }

  async consumeRequest(lease: Lease, requestId: string): Promise<void> {
    await this.#write(`consume a request to run ${lease.runId}`, (database) =>
      consumeRequest(database, lease, requestId),
    );
  }

  async getRun(idOrName: string) {
    return this.#read(`read run ${idOrName}`, (database) => getRun(database, idOrName));
  }

  async listRuns(options: Parameters<MetadataStore['listRuns']>[0] = {}) {
    return this.#read('list runs', (database) => listRuns(database, options));
  }

  async listNodes(runId: string, options?: PageOptions) {
    return this.#read(`list the nodes of run ${runId}`, (database) => listNodes(database, runId, options));
  }

  async getNode(runId: string, nodeId: string) {
    return this.#read(`read node ${nodeId} of run ${runId}`, (database) => getNode(database, runId, nodeId));
  }

  async listPipelines(options?: PageOptions) {
    return this.#read('list pipelines', (database) => listPipelines(database, options));
  }

  async getArtifact(id: string) {
    return this.#read(`read artifact ${id}`, (database) => getArtifact(database, id));
  }

  async listArtifacts(options: Parameters<MetadataStore['listArtifacts']>[0] = {}) {
    return this.#read('list artifacts', (database) => listArtifacts(database, options));
  }

  async listInputs(runId: string, nodeId: string): Promise<readonly LineageEdge[]> {
    return this.#read(`list the inputs of node ${nodeId}`, (database) => listInputs(database, runId, nodeId));
  }

  async listReaders(artifactId: string, options?: PageOptions): Promise<Page<LineageEdge>> {
    return this.#read(`list the readers of artifact ${artifactId}`, (database) =>
      listReaders(database, artifactId, options),
    );
  }

  async findCached(cacheKey: string, storeId: string) {
    return this.#read('look up a cache key', (database) => findCached(database, cacheKey, storeId));
  }

  async findPrevious(...search: Parameters<MetadataStore['findPrevious']>) {
    return this.#read('look up an earlier run', (database) => findPrevious(database, ...search));
  }

  async deleteRun(runId: string) {
    return this.#write(`delete run ${runId}`, (database) => deleteRun(database, runId));
  }

  async findReferencedKeys(keys: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#read('look up keys', (database) => findReferencedKeys(database, keys));
  }

  async findRuns(ids: readonly string[]) {
    return this.#read('look up runs', (database) => findRuns(database, ids));
  }

  async findReferencedCode(
    digests: readonly string[],
    options?: { readonly uncompleted?: boolean },
  ): Promise<ReadonlySet<string>> {
    return this.#read('look up bundles', (database) => findReferencedCode(database, digests, options));
  }

  async countArtifacts(storeId: string): Promise<number> {
    return this.#read('count artifacts', (database) => countArtifacts(database, storeId));
  }

  override async status(): Promise<ComponentStatus> {
    if (statSync(this.#file, { throwIfNoEntry: false }) === undefined) {
      return { state: 'ready', message: `${this.#file} is made when it is first used` };
    }
    try {
      await this.storeId();
      return { state: 'ready' };
    } catch (error) {
      return { state: 'failed', message: error instanceof Error ? error.message : String(error) };
    }
  }

  override async close(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
  }

  #read<Result>(what: string, work: (database: SqliteDatabase) => Result): Promise<Result> {
    return this.#attempt(what, (database) => database.read(() => work(database)));
  }

  #write<Result>(what: string, work: (database: SqliteDatabase) => Result): Promise<Result> {
    return this.#attempt(what, (database) => database.write(() => work(database)));
  }

  /** Tries again while other processes hold the database; what failed so has changed nothing. */
  async #attempt<Result>(what: string, work: (database: SqliteDatabase) => Result): Promise<Result> {
    const deadline = Date.now() + patienceMs;
    while (true) {
      try {
        this.#database ??= SqliteDatabase.open(this.#file, this.name);
        return work(this.#database);
      } catch (error) {
        const isChanged = error instanceof ChangedError;
        if (isChanged || isWithoutRoom(error)) await this.close();
        if (!(isChanged || isBusy(error)) || Date.now() > deadline) throw this.#explain(what, error);
        await setTimeout(1 + Math.random() * 20);
      }
    }
  }

  #explain(what: string, error: unknown): unknown {
    if (MlstackError.is(error)) return error;
    if (error instanceof ImpossibleChangeError) return new MetadataStoreError(this.name, what, { cause: error });
    const sqlite = explainSqliteError(error, this.#file);
    return new MetadataStoreError(this.name, what, { ...explainFileSystemError(error), ...sqlite });
  }
}
