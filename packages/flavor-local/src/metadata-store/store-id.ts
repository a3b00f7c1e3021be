import { randomUUID } from 'node:crypto';
import type { FileIdentity } from './file-identity.ts';
import { isCopyOf } from './file-identity.ts';
import type { SqliteDatabase } from './sqlite-database.ts';

/** Nothing where the file is a copy that has no id of its own yet. */
export function readStoreId(database: SqliteDatabase, found: FileIdentity): string | undefined {
  const row = readStore(database);
  return row !== undefined && isCopyOf(JSON.parse(row.file), found) ? undefined : row?.id;
}

/** The id of a copy, made where no other process was faster. */
export function renewStoreId(database: SqliteDatabase, found: FileIdentity): string {
  const known = readStoreId(database, found);
  if (known !== undefined) return known;
  const id = randomUUID();
  database.run('INSERT INTO earlier_stores (id) SELECT id FROM store');
  database.run('UPDATE store SET id = ?, file = ?', id, JSON.stringify(found));
  return id;
}

export function readEarlierStoreIds(database: SqliteDatabase): string[] {
  return database.all<{ id: string }>('SELECT id FROM earlier_stores ORDER BY number DESC').map(({ id }) => id);
}

function readStore(database: SqliteDatabase): { readonly id: string; readonly file: string } | undefined {
  return database.get('SELECT id, file FROM store');
}
