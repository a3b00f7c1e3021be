import type { NewRun } from '@mlstack/core/flavor';
import { RunNameTakenError } from '@mlstack/core/flavor';
import type { SqliteDatabase } from './sqlite-database.ts';

export function createRun(database: SqliteDatabase, run: NewRun): void {
  if (database.get('SELECT 1 FROM runs WHERE name = ?', run.name) !== undefined) throw new RunNameTakenError(run.name);
  const pipeline = database.get<{ id: number }>(
    `INSERT INTO pipelines (name, runs) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET runs = runs + 1 RETURNING id`,
    run.plan.pipeline,
  )?.id as number;
  const number = database.insert(
    `INSERT INTO runs (id, name, pipeline, stack, state, code_digest, artifact_store, created_at, pending)
     VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?)`,
    run.id,
    run.name,
    pipeline,
    run.stack.name,
    run.plan.codeDigest,
    run.stack.components.find(({ type }) => type === 'artifact-store')?.id ?? '',
    new Date().toISOString(),
    run.plan.nodes.length,
  );
  database.run(
    'INSERT INTO plans (run, plan, configuration, stack, versions, source_file) VALUES (?, ?, ?, ?, ?, ?)',
    number,
    JSON.stringify(run.plan),
    JSON.stringify(run.configuration),
    JSON.stringify(run.stack),
    JSON.stringify(run.versions),
    run.sourceFile,
  );
  insertNodes(database, { number, pipeline }, run.plan.nodes, 0);
}

/** @param first position of the first of these nodes in the plan. */
export function insertNodes(
  database: SqliteDatabase,
  run: { readonly number: number; readonly pipeline: number },
  nodes: NewRun['plan']['nodes'],
  first: number,
): void {
  for (const [index, { id, step }] of nodes.entries()) {
    database.run(
      'INSERT INTO nodes (run, position, id, step, pipeline) VALUES (?, ?, ?, ?, ?)',
      run.number,
      first + index,
      id,
      step,
      run.pipeline,
    );
  }
}
