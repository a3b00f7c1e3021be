import type {
  ArtifactRecord,
  HookRecord,
  JsonObject,
  LeaseHolder,
  NodeRecord,
  NodeState,
  ObservedRunState,
  RunState,
  RunSummary,
} from '@mlstack/core/flavor';

export const nodeStates = [
  'pending',
  'running',
  'succeeded',
  'cached',
  'failed',
  'cancelled',
  'skipped',
] as const satisfies readonly NodeState[];

export interface RunRow extends Record<NodeState, number> {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  /** Number of the pipeline. */
  readonly pipeline: number;
  readonly stack: string;
  readonly state: RunState;
  readonly artifact_store: string;
  readonly created_at: string;
  readonly ended_at: string | null;
  readonly error: string | null;
  readonly epoch: number;
  readonly holder: string | null;
  /** Milliseconds since 1970. */
  readonly lease_expires_at: number;
}

export interface NamedRunRow extends RunRow {
  readonly pipeline_name: string;
}

/** No lease is given for longer, in milliseconds: one that ends later was given by a clock that ran ahead, and is over. */
export const longestLeaseMs = 600_000;

/** `holder` is set while somebody holds the lease or died holding it. */
export function isLeaseHeld(row: Pick<RunRow, 'holder' | 'lease_expires_at'>): boolean {
  const now = Date.now();
  return row.holder !== null && row.lease_expires_at > now && row.lease_expires_at <= now + longestLeaseMs;
}

export function observeState(row: RunRow): ObservedRunState {
  return row.state === 'running' && !isLeaseHeld(row) ? 'crashed' : row.state;
}

export function toRunSummary(row: NamedRunRow): RunSummary {
  return {
    id: row.id,
    name: row.name,
    pipeline: row.pipeline_name,
    stack: row.stack,
    state: observeState(row),
    createdAt: row.created_at,
    ...optional('endedAt', row.ended_at),
    nodes: nodeStates.reduce((sum, state) => sum + row[state], 0),
    counts: Object.fromEntries(nodeStates.filter((state) => row[state] > 0).map((state) => [state, row[state]])),
  };
}

export function parseHolder(text: string): LeaseHolder {
  return JSON.parse(text);
}

export interface NodeRow {
  readonly run: number;
  readonly position: number;
  readonly id: string;
  readonly step: string;
  readonly state: NodeState;
  readonly attempts: number;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly error: string | null;
  readonly cache_key: string | null;
  /** Where its outputs lie, once it has succeeded; null where one of them is damaged. */
  readonly cache_store: string | null;
  readonly cache_parts: string | null;
  readonly reason: string | null;
  readonly cached_from: string | null;
  readonly cpu_ms: number | null;
  readonly peak_memory_bytes: number | null;
  readonly metadata: string | null;
  readonly log_chunks: number | null;
  readonly hooks: string | null;
}

export function toNodeRecord(runId: string, row: NodeRow): NodeRecord {
  return {
    runId,
    nodeId: row.id,
    step: row.step,
    state: row.state,
    attempts: row.attempts,
    ...optional('startedAt', row.started_at),
    ...optional('endedAt', row.ended_at),
    ...optional('error', parse<NodeRecord['error'] & object>(row.error)),
    ...optional('cacheKey', row.cache_key),
    ...optional('cacheParts', parse<Record<string, string>>(row.cache_parts)),
    ...optional('reason', row.reason),
    ...optional('cachedFrom', parse<NonNullable<NodeRecord['cachedFrom']>>(row.cached_from)),
    ...((row.state === 'succeeded' || row.state === 'cached') && row.cache_store === null ? { damaged: true } : {}),
    ...optional('cpuMs', row.cpu_ms),
    ...optional('peakMemoryBytes', row.peak_memory_bytes),
    metadata: parse<JsonObject>(row.metadata) ?? {},
    ...optional('logChunks', row.log_chunks),
  };
}

export function parseHooks(row: Pick<NodeRow, 'hooks'>): HookRecord[] {
  return parse<HookRecord[]>(row.hooks) ?? [];
}

export interface ArtifactRow {
  readonly number: number;
  readonly id: string;
  readonly run_id: string;
  readonly node: string;
  readonly output: string;
  readonly component: string;
  readonly key: string;
  readonly layout: 'file' | 'manifest';
  readonly size: number;
  readonly sha256: string;
  readonly materializer_id: string;
  readonly materializer_version: number;
  readonly preview: string;
  readonly created_at: string;
}

/** `FROM` clause and columns of an `ArtifactRow`. */
export const selectArtifact = `SELECT a.*, s.node, s.output, t.component
  FROM artifacts a JOIN slots s ON s.id = a.slot JOIN artifact_stores t ON t.id = a.store`;

export function toArtifactRecord(row: ArtifactRow): ArtifactRecord {
  return {
    id: row.id,
    storeId: row.component,
    runId: row.run_id,
    nodeId: row.node,
    output: row.output,
    key: row.key,
    layout: row.layout,
    size: row.size,
    sha256: row.sha256,
    materializer: { id: row.materializer_id, version: row.materializer_version },
    preview: row.preview,
    createdAt: row.created_at,
  };
}

export function parse<Type>(text: string | null): Type | null {
  return text === null ? null : JSON.parse(text);
}

export function optional<Name extends string, Type>(name: Name, value: Type | null): { [Key in Name]?: Type } {
  return (value === null ? {} : { [name]: value }) as { [Key in Name]?: Type };
}
