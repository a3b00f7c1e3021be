import { randomUUID } from 'node:crypto';
import type { Lease, LeaseHolder, RunRequest } from '@mlstack/core/flavor';
import { LeaseHeldError, LeaseLostError, RunNotFoundError } from '@mlstack/core/flavor';
import type { RunRow } from './rows.ts';
import { isLeaseHeld, parseHolder } from './rows.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

export function takeLease(
  database: SqliteDatabase,
  runId: string,
  holder: LeaseHolder,
  {
    ttlMs,
    isHolderDead = () => false,
  }: { readonly ttlMs: number; readonly isHolderDead?: (holder: LeaseHolder) => boolean },
): Lease {
  const row = requireRun(database, runId);
  if (row.holder !== null && isLeaseHeld(row)) {
    const other = parseHolder(row.holder);
    if (!isHolderDead(other)) throw new LeaseHeldError(row.name, other);
  }
  const epoch = row.epoch + 1;
  database.run(
    `UPDATE runs SET epoch = ?, holder = ?, lease_expires_at = ?, state = iif(state = 'pending', 'running', state) WHERE number = ?`,
    epoch,
    JSON.stringify(holder),
    Date.now() + ttlMs,
    row.number,
  );
  // Those to a run that nobody has driven yet are for its first driver.
  if (row.epoch > 0) database.run('DELETE FROM requests WHERE run = ?', row.number);
  return { runId, epoch };
}

export function renewLease(database: SqliteDatabase, lease: Lease, ttlMs: number): RunRequest[] {
  const { number } = requireLease(database, lease);
  database.run('UPDATE runs SET lease_expires_at = ? WHERE number = ?', Date.now() + ttlMs, number);
  return database
    .all<{ id: string; kind: RunRequest['kind']; created_at: string }>(
      'SELECT id, kind, created_at FROM requests WHERE run = ? ORDER BY number',
      number,
    )
    .map(({ id, kind, created_at }) => ({ id, kind, createdAt: created_at }));
}

export function releaseLease(database: SqliteDatabase, { runId, epoch }: Lease): void {
  database.run('UPDATE runs SET holder = NULL, lease_expires_at = 0 WHERE id = ? AND epoch = ?', runId, epoch);
}

/** The run, if this lease still is its lease. */
export function requireLease(database: SqliteDatabase, { runId, epoch }: Lease): RunRow {
  const row = findRun(database, runId);
  if (row === undefined || row.epoch !== epoch || row.holder === null) throw new LeaseLostError(row?.name ?? runId);
  return row;
}

export function appendRequest(database: SqliteDatabase, runId: string, kind: RunRequest['kind']): void {
  const { number, ended_at } = requireRun(database, runId);
  if (ended_at !== null) return;
  database.run(
    'INSERT INTO requests (id, run, kind, created_at) VALUES (?, ?, ?, ?)',
    randomUUID(),
    number,
    kind,
    new Date().toISOString(),
  );
}

export function consumeRequest(database: SqliteDatabase, lease: Lease, requestId: string): void {
  const { number } = requireLease(database, lease);
  database.run('DELETE FROM requests WHERE id = ? AND run = ?', requestId, number);
}

export function requireRun(database: SqliteDatabase, runId: string): RunRow {
  const row = findRun(database, runId);
  if (row === undefined) throw new RunNotFoundError(runId);
  return row;
}

function findRun(database: SqliteDatabase, runId: string): RunRow | undefined {
  return database.get<RunRow>('SELECT * FROM runs WHERE id = ?', runId);
}
