import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WorkerProcess } from '@mlstack/core/flavor';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WorkerPool } from './worker-pool.ts';
import { WorkerRecords } from './worker-records.ts';

const program = fileURLToPath(new URL('../../../core/src/worker-main.ts', import.meta.url));
let directory: string;
let records: WorkerRecords;
let pool: WorkerPool;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlstack-pool-'));
  records = new WorkerRecords(directory, 'run1');
  pool = new WorkerPool({ program, size: 8, records });
});
afterEach(async () => {
  await pool.close();
  expect(records.list()).toEqual([]);
  rmSync(directory, { recursive: true });
});

test('a worker that is given back goes to who waits, and no other is started for that', async () => {
  const warm = new WorkerProcess();
  pool.adopt(warm);
  expect(pool.take({})).toBe(warm);
  pool.record(warm);
  const [second, third] = [pool.await({}), pool.await({})];
  pool.release(warm);
  expect(await second.worker).toBe(warm);
  pool.release(warm);
  expect(await third.worker).toBe(warm);
  expect(records.list().map(({ token }) => token)).toEqual([warm.token]);
});

test('another is started where a busy one keeps who waits', async () => {
  const warm = new WorkerProcess();
  pool.adopt(warm);
  pool.take({});
  pool.record(warm);
  const other = await pool.await({}).worker;
  expect(other).not.toBe(warm);
  expect(records.list()).toHaveLength(2);
});

test('one that a step has for itself takes the place of one that idles', async () => {
  pool = new WorkerPool({ program, size: 1, records });
  const warm = new WorkerProcess();
  pool.adopt(warm);
  const own = pool.start({}, 512 * 2 ** 20);
  await expect.poll(() => warm.isOver, { timeout: 20_000 }).toBe(true);
  expect(own.isOver).toBe(false);
  expect(pool.take({})).toBeUndefined();
});

test('who gave up waiting gets none', async () => {
  const warm = new WorkerProcess();
  pool.adopt(warm);
  pool.take({});
  pool.await({}).cancel();
  pool.release(warm);
  expect(pool.take({})).toBe(warm);
});

test('one with another environment is no answer', async () => {
  const warm = new WorkerProcess();
  pool.adopt(warm);
  expect(pool.take({ MLSTACK_POOL_TEST: 'given' })).toBeUndefined();
  const other = await pool.await({ MLSTACK_POOL_TEST: 'given' }).worker;
  expect(other).not.toBe(warm);
  pool.release(other);
  expect(pool.take({})).toBe(warm);
  expect(pool.take({ MLSTACK_POOL_TEST: 'given' })).toBe(other);
});
