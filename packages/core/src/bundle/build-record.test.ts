import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBuildRecord, writeBuildRecord } from './build-record.ts';

const record = { digest: 'd', inputs: { files: [], checkedAt: 1 } };
let directory: string;
let builds: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlstack-builds-'));
  builds = join(directory, 'cache/builds');
});
afterEach(() => rmSync(directory, { recursive: true }));

test.each([
  '/projects/a/pipelines.ts',
  'C:\\me\\a*b?.ts',
  `/${'long/'.repeat(100)}pipelines.ts`,
  '/\ud800/pipelines.ts',
])('what was built of %s is found again', (key) => {
  expect(readBuildRecord(directory, key)).toBeUndefined();
  writeBuildRecord(directory, key, record);
  expect(readBuildRecord(directory, key)).toMatchObject(record);
  expect(readBuildRecord(directory, `${key}x`)).toBeUndefined();
  for (const name of readdirSync(builds)) expect(name).toMatch(/^[\w.%!'()~-]{1,220}$/);
});

test('the record of another file is no answer where a file system takes their names for one', () => {
  writeBuildRecord(directory, '/projects/a/pipelines.ts', record);
  const [name = ''] = readdirSync(builds);
  expect(readFileSync(join(builds, name), 'utf8')).toContain('"key":"/projects/a/pipelines.ts"');
  renameSync(join(builds, name), join(builds, name.replace('pipelines', 'Pipelines')));
  expect(readBuildRecord(directory, '/projects/a/Pipelines.ts')).toBeUndefined();
});
