import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { listPublishedPackages } from './pack.ts';
import { readManifest } from './package-manifest.ts';

const repository = dirname(import.meta.dirname);
const copies: string[] = [];

/** The versions that a release with the one given changeset would give the packages, by folder; tried on a copy. */
function planRelease(changeset: string): Record<string, string> {
  const copy = mkdtempSync(join(tmpdir(), 'mlstack-release-'));
  copies.push(copy);
  mkdirSync(join(copy, '.changeset'));
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json']) {
    cpSync(join(repository, file), join(copy, file));
  }
  const folders = listPublishedPackages().map(({ directory }) => basename(directory));
  for (const folder of folders) {
    cpSync(join(repository, 'packages', folder, 'package.json'), join(copy, 'packages', folder, 'package.json'));
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, '.changeset', 'change.md'), `---\n${changeset}\n---\n\nA change.\n`);
  execFileSync('git', ['init', '--quiet'], { cwd: copy });
  execFileSync('changeset', ['version'], { cwd: copy, stdio: 'pipe' });
  return Object.fromEntries(folders.map((folder) => [folder, readManifest(join(copy, 'packages', folder)).version]));
}

afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true });
});

test('a minor release of core leaves the flavors as they are', () => {
  const before = Object.fromEntries(
    listPublishedPackages().map(({ directory }) => [basename(directory), readManifest(directory).version]),
  );
  const after = planRelease("'@mlstack/core': minor");
  expect(after.core).not.toBe(before.core);
  for (const flavor of Object.keys(before).filter((folder) => folder.startsWith('flavor-'))) {
    expect(after[flavor], flavor).toBe(before[flavor]);
  }
});
