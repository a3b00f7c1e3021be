import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'vitest';

/** A file system of 64 KiB, as long as the test runs. The test is skipped where none may be mounted. */
export function mountSmallDisk({ skip, onTestFinished }: TestContext): string {
  const disk = mkdtempSync(join(tmpdir(), 'mlstack-disk-'));
  onTestFinished(() => rmSync(disk, { recursive: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', disk], { stdio: 'ignore' });
  } catch {
    skip('no file system may be mounted here');
  }
  onTestFinished(() => void execFileSync('umount', [disk]));
  return disk;
}
