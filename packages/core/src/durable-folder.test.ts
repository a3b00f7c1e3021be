import { spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test, vi } from 'vitest';
import { makeFolder } from './durable-folder.ts';

const synced = vi.hoisted((): string[] => []);
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fsyncSync = (descriptor: number) => {
    fs.fsyncSync(descriptor);
    synced.push(readlinkSync(`/proc/self/fd/${descriptor}`));
  };
  return { ...fs, fsyncSync };
});

test.runIf(process.platform === 'linux')(
  'every folder that got an entry is synced, and nothing where all is there',
  () => {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-folder-')));
    try {
      makeFolder(join(root, 'a/b/c'));
      expect(synced.toSorted()).toEqual([root, join(root, 'a'), join(root, 'a/b')]);
      synced.length = 0;
      makeFolder(join(root, 'a/b/c'));
      expect(synced).toEqual([]);
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

test.runIf(process.platform === 'linux')('where nobody can make a folder it fails, and does not try for ever', () => {
  const module = pathToFileURL(join(import.meta.dirname, 'durable-folder.ts')).href;
  const program = `import(${JSON.stringify(module)}).then(({ makeFolder }) => makeFolder('/proc/nothing/here'));`;
  const { status, stderr } = spawnSync(process.execPath, ['--eval', program], { timeout: 20_000, encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining("ENOENT: no such file or directory, mkdir '/proc/nothing'"),
  ]);
});

test('what is in the way is told, and modes are those that were asked for', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'mlstack-folder-')));
  try {
    writeFileSync(join(root, 'file'), '');
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    expect(() => makeFolder(join(root, 'file'))).toThrow(/EEXIST/);
    expect(() => makeFolder(join(root, 'file/a/b'))).toThrow(/ENOTDIR/);
    expect(() => makeFolder(join(root, 'dangling/a'))).toThrow(/EEXIST|ENOENT/);
    makeFolder(join(root, 'one/two'), 0o700);
    if (process.platform !== 'win32') {
      for (const made of ['one', 'one/two']) expect(statSync(join(root, made)).mode & 0o777).toBe(0o700);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});
