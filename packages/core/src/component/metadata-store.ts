import type { ArtifactRecord, StoredArtifact } from '../artifact/artifact-record.ts';
import type { JsonObject } from '../json-value.ts';
import type { Plan, PlanNode } from '../pipeline/plan.ts';
import type {
  HookRecord,
  Lease,
  LeaseHolder,
  NewRun,
  NodeDetail,
  NodeRecord,
  ObservedRunState,
  RunDetail,
  RunRequest,
  RunState,
  RunSummary,
} from '../run/run-record.ts';
import type { ErrorRecord } from '../run/step-result.ts';
import { StackComponent } from './stack-component.ts';

/** One thing that a driver records. Several are applied in one transaction, in order. */
export type RunChange =
  /** An attempt is about to be launched. */
  | {
      readonly kind: 'node-started';
      readonly nodeId: string;
      readonly attempt: number;
      /** Artifact ids by input name: the edges of the lineage. */
      readonly inputs: Readonly<Record<string, string>>;
      readonly cacheKey?: string;
      readonly cacheParts?: Readonly<Record<string, string>>;
      readonly reason?: string;
    }
  /** An attempt is over and another one will follow. */
  | { readonly kind: 'attempt-failed'; readonly nodeId: string; readonly attempt: number; readonly error: ErrorRecord }
  | {
      readonly kind: 'node-ended';
      readonly nodeId: string;
      readonly attempt: number;
      readonly state: 'succeeded' | 'failed' | 'cancelled';
      /** By output name, with the id each record gets. Only of `succeeded`. */
      readonly outputs: Readonly<Record<string, StoredArtifact & { readonly id: string; readonly storeId: string }>>;
      readonly error?: ErrorRecord;
      readonly startedAt: string;
      readonly endedAt: string;
      readonly cpuMs?: number;
      readonly peakMemoryBytes?: number;
      readonly metadata?: JsonObject;
      readonly logChunks?: number;
    }
  | {
      /** Takes the outputs of `from`, which has succeeded. Fails with `CacheSourceGoneError` where that is not recorded any more. */
      readonly kind: 'node-cached';
      readonly nodeId: string;
      /** Artifact ids by input name. */
      readonly inputs: Readonly<Record<string, string>>;
      readonly cacheKey: string;
      readonly cacheParts?: Readonly<Record<string, string>>;
      readonly from: { readonly runId: string; readonly nodeId: string };
      readonly reason: string;
    }
  | { readonly kind: 'node-skipped'; readonly nodeId: string; readonly reason: string }
  | { readonly kind: 'hook-ended'; readonly nodeId: string; readonly hook: HookRecord }
  | { readonly kind: 'plan-extended'; readonly nodes: readonly PlanNode[] }
  /**
   * The bytes of an artifact, of this run or of another, are not those that were stored: each node that has it as an output is `damaged`, and
   * not found by `findCached` any more. All else stays. One that is not recorded is no error.
   */
  | { readonly kind: 'artifact-damaged'; readonly artifactId: string }
  /** A resumed run starts over what failed: the node waits again, earlier attempts stay counted. */
  | {
      readonly kind: 'node-reset';
      readonly nodeId: string;
      /**
       * Of a node that has succeeded or was cached, which is refused without it: what it made is damaged, or what it read is made again. It has
       * no outputs any more; their artifacts stay recorded as long as this run.
       */
      readonly discardsSuccess?: boolean;
    }
  /** The plan of a run that goes on with other code: the same nodes by id, else it is refused. */
  | { readonly kind: 'plan-replaced'; readonly plan: Plan }
  /** A state that ends the run also drops the requests that wait and gives the lease back. */
  | { readonly kind: 'run-state'; readonly state: RunState; readonly error?: ErrorRecord };

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Opaque; give it to get what comes after. Absent on the last page. */
  readonly next?: string;
}
export interface PageOptions {
  /** Default 50. */
  readonly limit?: number;
  readonly cursor?: string;
}

/** One input edge of a node, as it was recorded when the node started or was taken from the cache. */
export interface LineageEdge {
  readonly runId: string;
  readonly nodeId: string;
  readonly input: string;
  readonly artifactId: string;
}

export interface PipelineSummary {
  readonly name: string;
  readonly runs: number;
  readonly lastRun: RunSummary;
}

/**
 * Records runs, their steps, artifacts and lineage. One writer per run (its driver, by lease), many readers, several processes
 * at once. When a write resolves it survives a power cut. Times are the store's own clock, ISO 8601 in UTC. A cost that
 * grows with the number of records of other runs is an error of the implementation. Operations fail with
 * `MetadataStoreError` where no other error is named, never with what a driver of a database throws; one that fails has
 * changed nothing. A cursor or limit that is none fails with `ValidationError`.
 */
export abstract class MetadataStore<Config extends object = object> extends StackComponent<Config> {
  /** Made once, when the store is first opened, and again for a copy of its records; lower-case letters, digits and `-`. Artifacts of its runs lie under it. */
  abstract storeId(): Promise<string>;
  /**
   * The ids that its records had before they were copied, newest first: what the copied runs wrote lies under those, and is the original's
   * wherever both have the same artifact store. A copy takes an id of its own when it is first asked for it.
   */
  async earlierStoreIds(): Promise<readonly string[]> {
    return [];
  }

  /** Stores the run as `pending` with all nodes `pending`. Fails with `RunNameTakenError` when the name is taken. */
  abstract createRun(run: NewRun): Promise<void>;
  /**
   * `createRun` and the first `takeLease` in one transaction: nobody finds the run without its driver, and where that dies early it has crashed
   * and does not wait for ever.
   */
  abstract createDrivenRun(run: NewRun, holder: LeaseHolder, options: { readonly ttlMs: number }): Promise<Lease>;
  /**
   * Takes the run's lease with the next epoch where nobody holds it, where it has expired, or where `isHolderDead` says so of a
   * holder. Fails with `LeaseHeldError` otherwise. A pending run becomes `running`. The first epoch of a run is 1. What an earlier
   * holder was asked and has not consumed is dropped: who drives a run on wants it.
   */
  abstract takeLease(
    runId: string,
    holder: LeaseHolder,
    options: { readonly ttlMs: number; readonly isHolderDead?: (holder: LeaseHolder) => boolean },
  ): Promise<Lease>;
  /**
   * Renews by `ttlMs` from now and returns the requests that wait. Fails with `LeaseLostError` when the epoch is not the current one. Need
   * not survive a power cut: the lease expires earlier then.
   */
  abstract renewLease(lease: Lease, ttlMs: number): Promise<readonly RunRequest[]>;
  /** Gives the lease back. One that was lost already is no error. */
  abstract releaseLease(lease: Lease): Promise<void>;
  /**
   * Applies all changes in one transaction that checks the lease's epoch first (`LeaseLostError`, nothing applied) and renews it.
   *
   * @param onHeld called once the lease is found held and nobody can take it before the changes hold for everybody, or have failed: what need
   * not wait for their record may begin. A store that cannot keep others away meanwhile leaves it uncalled. Must not throw.
   */
  abstract record(lease: Lease, changes: readonly RunChange[], ttlMs: number, onHeld?: () => void): Promise<void>;
  /** Of who holds the lease, or takes the first one. A run that has ended takes none: nothing happens. Fails with `RunNotFoundError`. */
  abstract appendRequest(runId: string, kind: RunRequest['kind']): Promise<void>;
  /** A request that is gone already is no error. */
  abstract consumeRequest(lease: Lease, requestId: string): Promise<void>;

  /** By id or by name; fails with `RunNotFoundError`. `crashed` is derived here. */
  abstract getRun(idOrName: string): Promise<RunDetail>;
  /** Newest first. */
  abstract listRuns(
    options?: PageOptions & { readonly pipeline?: string; readonly state?: ObservedRunState; readonly stack?: string },
  ): Promise<Page<RunSummary>>;
  /** In plan order. Fails with `RunNotFoundError`. */
  abstract listNodes(runId: string, options?: PageOptions): Promise<Page<NodeRecord>>;
  abstract getNode(runId: string, nodeId: string): Promise<NodeDetail | undefined>;
  /** By name. Those that have a run. */
  abstract listPipelines(options?: PageOptions): Promise<Page<PipelineSummary>>;

  abstract getArtifact(id: string): Promise<ArtifactRecord | undefined>;
  /** Newest first. With `runId`: what the run made and what it took from the cache. Without it: each artifact where it was made. */
  abstract listArtifacts(
    options?: PageOptions & {
      readonly runId?: string;
      readonly nodeId?: string;
      readonly pipeline?: string;
      readonly output?: string;
    },
  ): Promise<Page<ArtifactRecord>>;
  /** What the node read. */
  abstract listInputs(runId: string, nodeId: string): Promise<readonly LineageEdge[]>;
  /** Who read the artifact. Newest run first. */
  abstract listReaders(artifactId: string, options?: PageOptions): Promise<Page<LineageEdge>>;

  /**
   * The newest node that succeeded with this cache key and whose artifacts lie in the given artifact store; where its run was
   * deleted, one that had taken them from the cache.
   */
  abstract findCached(cacheKey: string, storeId: string): Promise<NodeDetail | undefined>;
  /** The newest node of the same pipeline and node id that succeeded or was cached before, for `runs explain`. */
  abstract findPrevious(
    pipeline: string,
    nodeId: string,
    before: { readonly runId: string },
  ): Promise<NodeDetail | undefined>;

  /**
   * Removes the run with its nodes. Artifacts that another run took from the cache stay recorded. Returns the artifact
   * records that nobody refers to any more. Fails with `RunActiveError` while its lease is held, with `RunNotFoundError`.
   */
  abstract deleteRun(runId: string): Promise<readonly ArtifactRecord[]>;
  /**
   * Of the given keys those that some record still points at, in whatever artifact store: several components may name one place.
   * Constant cost for each.
   */
  abstract findReferencedKeys(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Of the given run ids those that exist, and when each was created and has ended. Constant cost for each. */
  abstract findRuns(
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, Pick<RunSummary, 'createdAt' | 'endedAt'> & { readonly codeDigest: string }>>;
  /** Of the given bundle digests those that some run was compiled from; with `uncompleted`, one that has not completed. */
  abstract findReferencedCode(
    digests: readonly string[],
    options?: { readonly uncompleted?: boolean },
  ): Promise<ReadonlySet<string>>;
  /** How many records point into an artifact store: its location cannot change while there are any. */
  abstract countArtifacts(storeId: string): Promise<number>;
}
