import { mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SqliteDatabase } from './sqlite-database.ts';

const synced = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fdatasyncSync = (descriptor: number) => {
    fs.fdatasyncSync(descriptor);
    synced.push(readlinkSync(`/proc/self/fd/${descriptor}`));
  };
  return { ...fs, fdatasyncSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlstack-durability-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.runIf(process.platform === 'linux')('every commit is on the disk before it is told', () => {
  const file = join(folder, 'metadata.db');
  const database = SqliteDatabase.open(file, 'test');
  expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
  // Without it the log would be copied into the file before it is on the disk.
  expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 1 });
  expect(database.get('PRAGMA checkpoint_fullfsync')).toEqual({ checkpoint_fullfsync: 1 });
  const log = `${file}-wal`;
  expect(synced.at(-1)).toBe(log);
  for (const name of ['one', 'two']) {
    synced.length = 0;
    database.write(() => {
      database.run('INSERT INTO pipelines (name, runs) VALUES (?, 0)', name);
      expect(synced).toEqual([]);
    });
    expect(synced).toEqual([log]);
  }
  synced.length = 0;
  database.apply(() => database.run('INSERT INTO pipelines (name, runs) VALUES (?, 0)', 'later'));
  expect(synced).toEqual([]);
  expect(() => database.write(() => database.run('INSERT INTO pipelines (name, runs) VALUES (?, 0)', 'one'))).toThrow();
  expect(synced).toEqual([]);
  database.close();
});
