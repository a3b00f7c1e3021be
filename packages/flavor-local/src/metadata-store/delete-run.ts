import type { ArtifactRecord } from '@mlstack/core/flavor';
import { RunActiveError } from '@mlstack/core/flavor';
import type { ArtifactRow } from './rows.ts';
import { isLeaseHeld, selectArtifact, toArtifactRecord } from './rows.ts';
import { requireRun } from './run-lease.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export function deleteRun(database: SqliteDatabase, runId: string): ArtifactRecord[] {
  const run = requireRun(database, runId);
  if (isLeaseHeld(run)) throw new RunActiveError(run.name);
  const orphans = database.all<ArtifactRow>(
    `${selectArtifact} WHERE a.number IN (SELECT artifact FROM outputs WHERE run = ?1 UNION SELECT artifact FROM replaced_outputs WHERE run = ?1)
       AND NOT EXISTS (SELECT 1 FROM outputs o WHERE o.artifact = a.number AND o.run <> ?1)
       AND NOT EXISTS (SELECT 1 FROM replaced_outputs o WHERE o.artifact = a.number AND o.run <> ?1)
       AND NOT EXISTS (SELECT 1 FROM inputs i WHERE i.artifact = a.number AND i.run <> ?1)
     ORDER BY a.number`,
    run.number,
  );
  for (const { number, component } of orphans) {
    database.run('DELETE FROM artifacts WHERE number = ?', number);
    database.run('UPDATE artifact_stores SET artifacts = artifacts - 1 WHERE component = ?', component);
  }
  for (const table of ['outputs', 'replaced_outputs', 'inputs', 'nodes', 'plan_extensions', 'plans', 'requests']) {
    database.run(`DELETE FROM ${table} WHERE run = ?`, run.number);
  }
  database.run('DELETE FROM runs WHERE number = ?', run.number);
  database.run('UPDATE pipelines SET runs = runs - 1 WHERE id = ?', run.pipeline);
  return orphans.map(toArtifactRecord);
}
