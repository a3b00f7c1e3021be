import { randomUUID } from 'node:crypto';
import { accessSync, closeSync, constants, fdatasyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { MetadataStoreError, MetadataStoreNewerError, makeFolder, syncFolder } from '@mlstack/core/flavor';
import { isSystemError } from '../file-system-error.ts';
import { readFileIdentity } from './file-identity.ts';
import { applicationId, migrations } from './schema.ts';
import { isWithoutRoom } from './sqlite-error.ts';

/** How long SQLite itself waits for a lock, blocking this process; longer waits are the caller's, and do not block. */
const busyMs = 50;

export type Value = SQLInputValue | undefined;

/** A connection with its prepared statements. Row types are what the columns of the given SQL are. */
export class SqliteDatabase {
  readonly #connection: DatabaseSync;
  readonly #file: string;
  readonly #withoutRoom: unknown;
  /** Of a file that is read as one that nobody writes to: how it was then. */
  readonly #stamp: string | undefined;
  /** Descriptor of the write-ahead log. */
  #log: number | undefined;
  readonly #statements = new Map<string, StatementSync>();

  /** Makes the file where there is none and brings its format up to date. @param store the component's name, for errors. */
  static open(file: string, store: string): SqliteDatabase {
    return SqliteDatabase.#open(file, store);
  }

  /** @param withoutRoom why the file that processes share cannot be made: then this one reads alone, and writes nothing. */
  static #open(file: string, store: string, withoutRoom?: unknown): SqliteDatabase {
    makeFile(file);
    const obstacle = whyReadOnly(file);
    const isReadOnly = obstacle !== undefined;
    if (isReadOnly && hasLog(file)) throw new ReadOnlyError(store, file, obstacle);
    const database = new SqliteDatabase(file, isReadOnly, withoutRoom);
    try {
      if (!isReadOnly) database.#prepareFormat(file, store);
      else if (database.#checkFormat(file, store) < migrations.length) throw new ReadOnlyError(store, file, obstacle);
      return database;
    } catch (error) {
      database.close();
      if (withoutRoom !== undefined || !isWithoutRoom(error)) throw error;
      return SqliteDatabase.#open(file, store, error);
    }
  }

  private constructor(file: string, isReadOnly: boolean, withoutRoom: unknown) {
    this.#file = file;
    this.#withoutRoom = withoutRoom;
    // SQLite would make a log beside the file, also to read, but not of one that is said to be immutable: whether it was is looked at after each read.
    this.#stamp = isReadOnly ? stampOf(file) : undefined;
    const place = isReadOnly ? new URL('?immutable=1', pathToFileURL(file)) : file;
    const options = { timeout: busyMs, enableForeignKeyConstraints: false, readOnly: isReadOnly };
    this.#connection = new DatabaseSync(place, options);
    if (withoutRoom !== undefined) this.#connection.exec('PRAGMA locking_mode = EXCLUSIVE');
  }

  get<Row>(sql: string, ...values: readonly Value[]): Row | undefined {
    return this.#statement(sql).get(...values.map(toSql)) as Row | undefined;
  }

  all<Row>(sql: string, ...values: readonly Value[]): Row[] {
    return this.#statement(sql).all(...values.map(toSql)) as Row[];
  }

  /** Returns how many rows it changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values.map(toSql)).changes);
  }

  /** Returns the number of the row it inserted. */
  insert(sql: string, ...values: readonly Value[]): number {
    return Number(this.#statement(sql).run(...values.map(toSql)).lastInsertRowid);
  }

  /** All or nothing; durable when it returns. Alone among the writers of all processes. */
  write<Result>(work: () => Result): Result {
    const result = this.apply(work);
    this.#syncLog();
    return result;
  }

  /** As `write`, but durable with the next one. */
  apply<Result>(work: () => Result): Result {
    // What would be written a piece at a time would keep all others away meanwhile.
    if (this.#withoutRoom !== undefined) throw this.#withoutRoom;
    return this.#transaction('BEGIN IMMEDIATE', work);
  }

  /** Sees one state of the database, whatever is written meanwhile. Fails with `ChangedError` where that cannot be: another connection sees it. */
  read<Result>(work: () => Result): Result {
    const isChanged = () => this.#stamp !== undefined && this.#stamp !== stampOf(this.#file);
    let result: Result;
    try {
      result = this.#transaction('BEGIN', work);
    } catch (error) {
      throw isChanged() ? new ChangedError() : error;
    }
    if (isChanged()) throw new ChangedError();
    return result;
  }

  close(): void {
    this.#statements.clear();
    if (this.#connection.isOpen) this.#connection.close();
    if (this.#log !== undefined) closeSync(this.#log);
    this.#log = undefined;
  }

  /**
   * What `synchronous = FULL` does at the end of each commit, apart from the commit. The log is there as long as the connection is, and
   * SQLite takes no lock on it that closing this descriptor would give back. As SQLite does it: where the log's blocks are written again,
   * its times do not matter, and the journal of the file system, in which a step may be about to make a file, is left alone.
   */
  #syncLog(): void {
    this.#log ??= openSync(`${this.#file}-wal`, 'r+');
    fdatasyncSync(this.#log);
  }

  #transaction<Result>(begin: string, work: () => Result): Result {
    this.run(begin);
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      if (this.#connection.isTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #prepareFormat(file: string, store: string): void {
    const version = this.#checkFormat(file, store);
    // NORMAL syncs the log before it is copied into the file, and the file after; `write` syncs the log after each commit.
    // On macOS a plain sync leaves data in the drive's own cache; elsewhere `checkpoint_fullfsync` means nothing.
    this.#connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA checkpoint_fullfsync = ON');
    if (version === migrations.length) return;
    this.write(() => {
      // Another process may have been faster.
      for (const migration of migrations.slice(this.#checkFormat(file, store))) this.#connection.exec(migration);
      this.#connection.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
      this.run('INSERT INTO store (id) SELECT ? WHERE NOT EXISTS (SELECT * FROM store)', randomUUID());
      this.run('UPDATE store SET file = ? WHERE file IS NULL', JSON.stringify(readFileIdentity(file)));
    });
  }

  /** The format version, 0 for an empty database. Refuses what is newer and what is somebody else's. */
  #checkFormat(file: string, store: string): number {
    const pragma = (name: string) => Object.values(this.#connection.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    const version = Number(pragma('user_version'));
    const isOurs = pragma('application_id') === applicationId;
    if (isOurs && version > migrations.length) {
      throw new MetadataStoreNewerError(store, file, version, migrations.length);
    }
    if (!isOurs && (version !== 0 || this.#connection.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined)) {
      throw new MetadataStoreError(store, `open ${file}`, {
        reason: 'it is a database of another program',
        hint: 'Give the path of another file. Nothing was changed.',
      });
    }
    return version;
  }
}

/** Somebody has written to a file that was read as one that nobody writes to. */
export class ChangedError extends Error {}

interface Obstacle {
  readonly reason: string;
  readonly hint: string;
}

/** Why SQLite cannot make its log beside the file. One that is there it can read, whoever made it. */
function whyReadOnly(file: string): Obstacle | undefined {
  if (isRefused(file, 'EROFS')) return { reason: 'its file system is mounted read-only', hint: 'Mount it writable' };
  if (!isRefused(dirname(file), 'EACCES') || hasLog(file)) return undefined;
  return { reason: 'its folder cannot be written to', hint: 'Make its folder writable' };
}

function isRefused(path: string, code: 'EROFS' | 'EACCES'): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    return isSystemError(error, code);
  }
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/** Another one whenever somebody writes: first a log is made, then the file is written. */
function stampOf(file: string): string {
  const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs, hasLog(file)].join(' ');
}

class ReadOnlyError extends MetadataStoreError {
  constructor(store: string, file: string, { reason, hint }: Obstacle) {
    super(store, `open ${file}`, {
      reason: `${reason}, and something is left to be written into it`,
      hint: `${hint}, and read the records once.`,
    });
  }
}

/** Readable by the owner alone; SQLite gives the files beside it the same mode. */
function makeFile(file: string): void {
  makeFolder(dirname(file), 0o700);
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) return;
    throw error;
  }
  syncFolder(dirname(file));
}

function toSql(value: Value): SQLInputValue {
  return value ?? null;
}
