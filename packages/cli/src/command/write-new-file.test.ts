import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { mountSmallDisk } from '../testing/mount-small-disk.ts';
import { writeNewFile } from './write-new-file.ts';

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-new-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('what is there stays', () => {
  const file = join(createFolder(), 'file');
  writeNewFile(file, 'one');
  expect(() => writeNewFile(file, 'two')).toThrow(/exists already/);
  expect(readFileSync(file, 'utf8')).toBe('one');
  expect(() => writeNewFile(join(file, 'inside'), 'two')).toThrow(/could not be written: a part of the path is a file/);
});

test.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
  'of a file for which there is no room nothing is left',
  (context) => {
    const disk = mountSmallDisk(context);
    writeFileSync(join(disk, 'ballast'), 'x'.repeat(32 * 1024));
    const file = join(disk, 'file');
    expect(() => writeNewFile(file, 'x'.repeat(64 * 1024))).toThrow(`${file} could not be written: the disk is full.`);
    expect(existsSync(file)).toBe(false);
    writeNewFile(file, 'small');
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    expect(() => writeNewFile(`${file}2`, 'small')).toThrow('the file system is read-only');
  },
);
