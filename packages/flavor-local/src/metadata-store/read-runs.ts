import type {
  MetadataStore,
  ObservedRunState,
  Page,
  PipelineSummary,
  RunDetail,
  RunSummary,
} from '@mlstack/core/flavor';
import { RunNotFoundError } from '@mlstack/core/flavor';
import { parsePageOptions, toPage } from './page-cursor.ts';
import type { NamedRunRow } from './rows.ts';
import { isLeaseHeld, longestLeaseMs, optional, parse, parseHolder, toRunSummary } from './rows.ts';
import type { SqliteDatabase, Value } from './sqlite-database.ts';

const selectRun = 'SELECT r.*, p.name AS pipeline_name FROM runs r JOIN pipelines p ON p.id = r.pipeline';

export function getRun(database: SqliteDatabase, idOrName: string): RunDetail {
  const row =
    database.get<NamedRunRow>(`${selectRun} WHERE r.id = ?`, idOrName) ??
    database.get<NamedRunRow>(`${selectRun} WHERE r.name = ?`, idOrName);
  if (row === undefined) throw new RunNotFoundError(idOrName);
  const stored = database.get<Record<'plan' | 'configuration' | 'stack' | 'versions' | 'source_file', string>>(
    'SELECT * FROM plans WHERE run = ?',
    row.number,
  );
  if (stored === undefined) throw new Error(`the plan of run ${row.id} is missing`);
  const extensions = database.all<{ nodes: string }>(
    'SELECT nodes FROM plan_extensions WHERE run = ? ORDER BY position',
    row.number,
  );
  const plan: RunDetail['record']['plan'] = JSON.parse(stored.plan);
  return {
    ...toRunSummary(row),
    record: {
      id: row.id,
      name: row.name,
      plan: { ...plan, nodes: [...plan.nodes, ...extensions.flatMap(({ nodes }) => JSON.parse(nodes))] },
      configuration: JSON.parse(stored.configuration),
      stack: JSON.parse(stored.stack),
      versions: JSON.parse(stored.versions),
      sourceFile: stored.source_file,
    },
    ...optional('error', parse<NonNullable<RunDetail['error']>>(row.error)),
    ...(row.holder !== null && isLeaseHeld(row)
      ? {
          lease: {
            ...parseHolder(row.holder),
            epoch: row.epoch,
            expiresAt: new Date(row.lease_expires_at).toISOString(),
          },
        }
      : {}),
  };
}

export function listRuns(
  database: SqliteDatabase,
  options: NonNullable<Parameters<MetadataStore['listRuns']>[0]>,
): Page<RunSummary> {
  const { limit, after } = parsePageOptions(options, [0] as [number]);
  const conditions: string[] = [];
  const values: Value[] = [];
  const where = (condition: string, ...bound: Value[]) => {
    conditions.push(condition);
    values.push(...bound);
  };
  if (options.pipeline !== undefined) where('r.pipeline = (SELECT id FROM pipelines WHERE name = ?)', options.pipeline);
  if (options.stack !== undefined) where('r.stack = ?', options.stack);
  if (options.state !== undefined) whereState(options.state, where);
  if (after !== undefined) where('r.number < ?', ...after);
  const rows = database.all<NamedRunRow>(
    `${selectRun} ${conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`} ORDER BY r.number DESC LIMIT ?`,
    ...values,
    limit + 1,
  );
  return toPage(rows, limit, toRunSummary, ({ number }) => [number]);
}

function whereState(state: ObservedRunState, where: (condition: string, ...bound: Value[]) => void): void {
  where('r.state = ?', state === 'crashed' ? 'running' : state);
  const now = Date.now();
  const isHeld = '(r.holder IS NOT NULL AND r.lease_expires_at > ? AND r.lease_expires_at <= ?)';
  if (state === 'running') where(isHeld, now, now + longestLeaseMs);
  if (state === 'crashed') where(`NOT ${isHeld}`, now, now + longestLeaseMs);
}

export function listPipelines(
  database: SqliteDatabase,
  options: Parameters<MetadataStore['listPipelines']>[0] = {},
): Page<PipelineSummary> {
  const { limit, after } = parsePageOptions(options, [''] as [string]);
  const rows = database.all<NamedRunRow & { runs: number }>(
    `SELECT r.*, p.name AS pipeline_name, p.runs FROM pipelines p
     JOIN runs r ON r.number = (SELECT max(number) FROM runs WHERE pipeline = p.id)
     WHERE p.name > ? ORDER BY p.name LIMIT ?`,
    after?.[0] ?? '',
    limit + 1,
  );
  return toPage(
    rows,
    limit,
    (row) => ({ name: row.pipeline_name, runs: row.runs, lastRun: toRunSummary(row) }),
    ({ pipeline_name }) => [pipeline_name],
  );
}

export function findRuns(
  database: SqliteDatabase,
  ids: readonly string[],
): Awaited<ReturnType<MetadataStore['findRuns']>> {
  const found = new Map<string, { createdAt: string; endedAt?: string; codeDigest: string }>();
  for (const id of ids) {
    const row = database.get<{ created_at: string; ended_at: string | null; code_digest: string }>(
      'SELECT created_at, ended_at, code_digest FROM runs WHERE id = ?',
      id,
    );
    if (row === undefined) continue;
    found.set(id, { createdAt: row.created_at, ...optional('endedAt', row.ended_at), codeDigest: row.code_digest });
  }
  return found;
}

export function findReferencedCode(
  database: SqliteDatabase,
  digests: readonly string[],
  { uncompleted = false }: { readonly uncompleted?: boolean } = {},
): Set<string> {
  const condition = uncompleted ? "code_digest = ? AND state <> 'completed'" : 'code_digest = ?';
  const query = `SELECT 1 FROM runs WHERE ${condition} LIMIT 1`;
  return new Set(digests.filter((digest) => database.get(query, digest) !== undefined));
}
