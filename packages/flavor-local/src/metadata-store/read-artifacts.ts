import type { ArtifactRecord, LineageEdge, MetadataStore, Page, PageOptions } from '@mlstack/core/flavor';
import { parsePageOptions, toPage } from './page-cursor.ts';
import type { ArtifactRow } from './rows.ts';
import { selectArtifact, toArtifactRecord } from './rows.ts';
import type { SqliteDatabase, Value } from './sqlite-database.ts';

type ListOptions = NonNullable<Parameters<MetadataStore['listArtifacts']>[0]>;

export function getArtifact(database: SqliteDatabase, id: string): ArtifactRecord | undefined {
  const row = database.get<ArtifactRow>(`${selectArtifact} WHERE a.id = ?`, id);
  return row === undefined ? undefined : toArtifactRecord(row);
}

export function listArtifacts(database: SqliteDatabase, options: ListOptions): Page<ArtifactRecord> {
  const { limit, after } = parsePageOptions(options, [0] as [number]);
  const numbers = options.runId === undefined ? selectBySlot(options, limit + 1, after) : selectByRun(options, after);
  const rows = database.all<ArtifactRow>(
    `${selectArtifact} WHERE ${numbers.sql} ORDER BY a.number DESC LIMIT ?`,
    ...numbers.values,
    limit + 1,
  );
  return toPage(rows, limit, toArtifactRecord, ({ number }) => [number]);
}

interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** Looks at the newest of each slot alone: how many there are of older ones does not matter. */
function selectBySlot(
  { pipeline, nodeId, output }: ListOptions,
  count: number,
  after: [number] | undefined,
): Condition {
  const filters: [string, Value][] = [];
  if (pipeline !== undefined) filters.push(['f.pipeline = (SELECT id FROM pipelines WHERE name = ?)', pipeline]);
  if (nodeId !== undefined) filters.push(['f.node = ?', nodeId]);
  if (output !== undefined) filters.push(['f.output = ?', output]);
  const [older, place] = after === undefined ? ['', []] : [' AND number < ?', after];
  if (filters.length === 0) return { sql: `TRUE${older.replace('number', 'a.number')}`, values: place };
  return {
    sql: `a.number IN (
      SELECT c.number FROM slots f JOIN artifacts c
      ON c.number IN (SELECT number FROM artifacts WHERE slot = f.id${older} ORDER BY number DESC LIMIT ?)
      WHERE ${filters.map(([condition]) => condition).join(' AND ')})`,
    values: [...place, count, ...filters.map(([, value]) => value)],
  };
}

function selectByRun({ runId, nodeId, pipeline, output }: ListOptions, after: [number] | undefined): Condition {
  const filters: [string, Value][] = [['r.id = ?', runId]];
  if (pipeline !== undefined) filters.push(['r.pipeline = (SELECT id FROM pipelines WHERE name = ?)', pipeline]);
  if (nodeId !== undefined)
    filters.push(['o.position = (SELECT position FROM nodes WHERE run = r.number AND id = ?)', nodeId]);
  if (output !== undefined) filters.push(['o.output = ?', output]);
  if (after !== undefined) filters.push(['o.artifact < ?', after[0]]);
  return {
    sql: `a.number IN (SELECT o.artifact FROM runs r JOIN outputs o ON o.run = r.number
      WHERE ${filters.map(([condition]) => condition).join(' AND ')})`,
    values: filters.map(([, value]) => value),
  };
}

interface EdgeRow {
  readonly run: number;
  readonly position: number;
  readonly run_id: string;
  readonly node: string;
  readonly input: string;
  readonly artifact_id: string;
}

const selectEdge = `SELECT i.run, i.position, i.input, r.id AS run_id, n.id AS node, a.id AS artifact_id
  FROM inputs i JOIN runs r ON r.number = i.run JOIN nodes n ON n.run = i.run AND n.position = i.position
  JOIN artifacts a ON a.number = i.artifact`;

function toEdge({ run_id, node, input, artifact_id }: EdgeRow): LineageEdge {
  return { runId: run_id, nodeId: node, input, artifactId: artifact_id };
}

export function listInputs(database: SqliteDatabase, runId: string, nodeId: string): LineageEdge[] {
  return database.all<EdgeRow>(`${selectEdge} WHERE r.id = ? AND n.id = ? ORDER BY i.input`, runId, nodeId).map(toEdge);
}

export function listReaders(
  database: SqliteDatabase,
  artifactId: string,
  options: PageOptions = {},
): Page<LineageEdge> {
  const { limit, after } = parsePageOptions(options, [0, 0, ''] as [number, number, string]);
  const rows = database.all<EdgeRow>(
    `${selectEdge} WHERE i.artifact = (SELECT number FROM artifacts WHERE id = ?) ${after === undefined ? '' : 'AND (i.run, i.position, i.input) < (?, ?, ?)'}
     ORDER BY i.run DESC, i.position DESC, i.input DESC LIMIT ?`,
    artifactId,
    ...(after ?? []),
    limit + 1,
  );
  return toPage(rows, limit, toEdge, ({ run, position, input }) => [run, position, input]);
}

export function findReferencedKeys(database: SqliteDatabase, keys: readonly string[]): Set<string> {
  const pointer = 'SELECT 1 FROM artifacts WHERE store IN (SELECT id FROM artifact_stores) AND key = ? LIMIT 1';
  return new Set(keys.filter((key) => database.get(pointer, key) !== undefined));
}

export function countArtifacts(database: SqliteDatabase, storeId: string): number {
  return (
    database.get<{ artifacts: number }>('SELECT artifacts FROM artifact_stores WHERE component = ?', storeId)
      ?.artifacts ?? 0
  );
}
