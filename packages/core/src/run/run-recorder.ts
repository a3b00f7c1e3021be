import type { MetadataStore, RunChange } from '../component/metadata-store.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { RunEvent } from './run-events.ts';
import type { Lease } from './run-record.ts';

export interface RecorderOptions {
  readonly metadataStore: MetadataStore;
  readonly lease: Lease;
  readonly ttlMs: number;
  readonly onEvent: (event: RunEvent) => void;
}

interface Entry {
  readonly change: RunChange;
  /** Told once the change is durable. */
  readonly event: RunEvent | undefined;
  readonly afterwards: Afterwards | undefined;
}

/** Done once the change is durable. */
interface Afterwards {
  /** While it is being recorded, as soon as nobody else can drive the run before it is. */
  readonly early: boolean;
  act(): void;
  /** Instead of it, for a node that was to be taken from a run which was deleted meanwhile. */
  refuse?(): void;
}

/** Writes changes of one run in the order they were made: all that came together in one transaction. Tells of nothing before it is durable. */
export class RunRecorder {
  readonly #options: RecorderOptions;
  #entries: Entry[] = [];
  #renewedAt = Date.now();

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** By this process's clock: when the lease was last known to be held. */
  get renewedAt(): number {
    return this.#renewedAt;
  }

  add(change: RunChange, event?: RunEvent, afterwards?: Afterwards): void {
    this.#entries.push({ change, event, afterwards });
  }

  async flush(): Promise<void> {
    const entries = this.#entries;
    this.#entries = [];
    const { metadataStore, lease, ttlMs, onEvent } = this.#options;
    const early = entries.flatMap(({ afterwards }) => (afterwards?.early === true ? [afterwards] : []));
    const actEarly = () => {
      for (const { act } of early.splice(0)) act();
    };
    const refused: Entry[] = [];
    for (let isRecorded = false; !isRecorded; ) {
      const changes = entries.map((entry) => entry.change);
      isRecorded = await metadataStore.record(lease, changes, ttlMs, actEarly).then(
        () => true,
        (error: unknown) => {
          refused.push(takeRefused(entries, error));
          return false;
        },
      );
    }
    actEarly();
    this.#renewedAt = Date.now();
    for (const { event, afterwards } of entries) {
      if (event !== undefined) onEvent(event);
      if (afterwards?.early === false) afterwards.act();
    }
    for (const { afterwards } of refused) afterwards?.refuse?.();
  }

  /** Renews the lease, and consumes and returns the requests that wait. */
  async renew(): Promise<readonly 'stop'[]> {
    const { metadataStore, lease, ttlMs } = this.#options;
    const requests = await metadataStore.renewLease(lease, ttlMs);
    this.#renewedAt = Date.now();
    for (const request of requests) await metadataStore.consumeRequest(lease, request.id);
    return requests.map((request) => request.kind);
  }
}

/** Takes out the node whose source was deleted, without which the rest can be recorded. Any other failure is thrown on. */
function takeRefused(entries: Entry[], error: unknown): Entry {
  const isGone = MlstackError.is(error) && error.code === 'CACHE_SOURCE_GONE' && 'nodeId' in error;
  const index = entries.findIndex(
    ({ change, afterwards }) =>
      isGone && change.kind === 'node-cached' && change.nodeId === error.nodeId && afterwards?.refuse !== undefined,
  );
  const [entry] = index === -1 ? [] : entries.splice(index, 1);
  if (entry === undefined) throw error;
  return entry;
}
