import { setTimeout as sleep } from 'node:timers/promises';
import { ProjectNotWritableError, RegistryBusyError } from '../errors/project-errors.ts';

const patienceSeconds = 30;

/**
 * Does `work` while no other process does any with the same lock file, and answers with its result.
 *
 * The lock is SQLite's on an empty database: the kernel gives it back when its holder dies, however it dies.
 */
export async function withRegistryLock<Result>(lockFile: string, work: () => Promise<Result>): Promise<Result> {
  const { DatabaseSync } = await import('node:sqlite');
  const deadline = Date.now() + patienceSeconds * 1000;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const database = openLock(() => new DatabaseSync(lockFile, { timeout: 0 }), lockFile);
    try {
      if (database !== undefined) return await work();
    } finally {
      database?.close();
    }
    if (Date.now() > deadline) throw new RegistryBusyError(lockFile, patienceSeconds);
    await sleep(pause * (0.5 + Math.random()));
  }
}

type Lock = { exec(sql: string): void; close(): void };

/** Nothing while somebody else holds it. */
function openLock(open: () => Lock, lockFile: string): Lock | undefined {
  let database: Lock | undefined;
  try {
    database = open();
    // Nothing is ever stored, so nothing is kept to undo it with: locking needs no space on the disk.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    const { errcode = 0 } = error as { errcode?: number };
    if ((errcode & 0xff) === sqliteBusy) return undefined;
    throw new ProjectNotWritableError(lockFile, withSystemCode(error, systemCodes[errcode & 0xff]));
  }
}

const sqliteBusy = 5;
/** What SQLite's results are called by the system. */
const systemCodes: Readonly<Record<number, string>> = { 8: 'EROFS', 13: 'ENOSPC', 14: 'EACCES' };

function withSystemCode(error: unknown, code: string | undefined): unknown {
  return code === undefined ? error : Object.assign(new Error(String(error), { cause: error }), { code });
}
