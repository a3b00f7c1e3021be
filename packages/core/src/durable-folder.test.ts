import { mkdtempSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
