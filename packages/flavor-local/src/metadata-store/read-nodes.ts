import type { MetadataStore, NodeDetail, NodeRecord, Page, PageOptions } from '@mlstack/core/flavor';
import { parsePageOptions, toPage } from './page-cursor.ts';
import type { ArtifactRow, NodeRow } from './rows.ts';
import { parseHooks, toArtifactRecord, toNodeRecord } from './rows.ts';
import { requireRun } from './run-lease.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

const selectNode = 'SELECT n.*, r.id AS run_id FROM nodes n JOIN runs r ON r.number = n.run';
type FoundNode = NodeRow & { readonly run_id: string };

export function listNodes(database: SqliteDatabase, runId: string, options: PageOptions = {}): Page<NodeRecord> {
  const { limit, after } = parsePageOptions(options, [0] as [number]);
  const rows = database.all<NodeRow>(
    'SELECT * FROM nodes WHERE run = ? AND position > ? ORDER BY position LIMIT ?',
    requireRun(database, runId).number,
    after?.[0] ?? -1,
    limit + 1,
  );
  return toPage(
    rows,
    limit,
    (row) => toNodeRecord(runId, row),
    ({ position }) => [position],
  );
}

export function getNode(database: SqliteDatabase, runId: string, nodeId: string): NodeDetail | undefined {
  return toNodeDetail(database, database.get<FoundNode>(`${selectNode} WHERE r.id = ? AND n.id = ?`, runId, nodeId));
}

export function findCached(database: SqliteDatabase, cacheKey: string, storeId: string): NodeDetail | undefined {
  // 'succeeded' comes after 'cached' in the alphabet.
  const row = database.get<FoundNode>(
    `${selectNode} WHERE n.cache_key = ? AND n.cache_store = ? AND n.state IN ('succeeded', 'cached')
     ORDER BY n.state DESC, n.ended_at DESC LIMIT 1`,
    cacheKey,
    storeId,
  );
  return toNodeDetail(database, row);
}

export function findPrevious(
  database: SqliteDatabase,
  ...[pipeline, nodeId, before]: Parameters<MetadataStore['findPrevious']>
): NodeDetail | undefined {
  const row = database.get<FoundNode>(
    `${selectNode} WHERE n.pipeline = (SELECT id FROM pipelines WHERE name = ?) AND n.id = ?
       AND n.run < (SELECT number FROM runs WHERE id = ?) AND n.state IN ('succeeded', 'cached')
     ORDER BY n.run DESC LIMIT 1`,
    pipeline,
    nodeId,
    before.runId,
  );
  return toNodeDetail(database, row);
}

function toNodeDetail(database: SqliteDatabase, row: FoundNode | undefined): NodeDetail | undefined {
  if (row === undefined) return undefined;
  const outputs = database.all<ArtifactRow & { taken_as: string }>(
    `SELECT a.*, s.node, s.output, t.component, o.output AS taken_as
     FROM outputs o JOIN artifacts a ON a.number = o.artifact JOIN slots s ON s.id = a.slot JOIN artifact_stores t ON t.id = a.store
     WHERE o.run = ? AND o.position = ? ORDER BY o.output`,
    row.run,
    row.position,
  );
  return {
    ...toNodeRecord(row.run_id, row),
    outputs: Object.fromEntries(outputs.map((output) => [output.taken_as, toArtifactRecord(output)])),
    hooks: parseHooks(row),
  };
}
