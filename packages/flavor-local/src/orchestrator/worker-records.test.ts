import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WorkerRecords } from './worker-records.ts';

test('a record that a power cut left empty or half names no worker, and does not stop the next driver', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-workers-'));
  try {
    const records = new WorkerRecords(folder, 'run');
    expect(records.list()).toEqual([]);
    const worker = { process: { boot: 'b', pid: 1, start: '2' }, token: 'whole' };
    records.add(worker);
    writeFileSync(join(folder, 'workers/run/empty.json'), '');
    writeFileSync(join(folder, 'workers/run/half.json'), '{"formatVersion": 1, "pro');
    expect(records.list()).toEqual([expect.objectContaining(worker)]);
    expect(readdirSync(join(folder, 'workers/run'))).toEqual(['whole.json']);
    records.remove('whole');
    writeFileSync(join(folder, 'workers/run/killed.json.new'), '{');
    records.removeFolder();
    expect(readdirSync(join(folder, 'workers'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
