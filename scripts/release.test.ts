import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { listPublishedPackages } from './pack.ts';
import type { PackageManifest } from './package-manifest.ts';
import { readManifest } from './package-manifest.ts';

const repository = dirname(import.meta.dirname);
const copies: string[] = [];
const folders = listPublishedPackages().map(({ directory }) => basename(directory));
const flavors = folders.filter((folder) => folder.startsWith('flavor-'));

const readManifests = (root: string): Record<string, PackageManifest> =>
  Object.fromEntries(folders.map((folder) => [folder, readManifest(join(root, 'packages', folder))]));

/** The packages' manifests after a release with one changeset that names these packages, by folder; tried on a copy. */
function planRelease(releases: Record<string, 'patch' | 'minor' | 'major'>): Record<string, PackageManifest> {
  const copy = mkdtempSync(join(tmpdir(), 'mlstack-release-'));
  copies.push(copy);
  const manifests = folders.map((folder) => `packages/${folder}/package.json`);
  for (const file of ['package.json', 'pnpm-workspace.yaml', '.changeset/config.json', ...manifests]) {
    cpSync(join(repository, file), join(copy, file));
  }
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
  const named = Object.entries(releases).map(([folder, type]) => `'@mlstack/${folder}': ${type}`);
  writeFileSync(join(copy, '.changeset', 'change.md'), ['---', ...named, '---', '', 'A change.', ''].join('\n'));
  execFileSync('git', ['init', '--quiet'], { cwd: copy });
  execFileSync('changeset', ['version'], { cwd: copy, stdio: 'pipe' });
  return readManifests(copy);
}

afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true });
});

test('a minor release of core leaves the flavors as they are', () => {
  const before = readManifests(repository);
  const after = planRelease({ core: 'minor' });
  expect(after.core?.version).not.toBe(before.core?.version);
  for (const flavor of flavors) expect(after[flavor], flavor).toEqual(before[flavor]);
});

test('a flavor released together with core still works with the core before', () => {
  const before = readManifests(repository);
  const after = planRelease({ core: 'minor', ...Object.fromEntries(flavors.map((flavor) => [flavor, 'minor'])) });
  for (const flavor of flavors) {
    expect(after[flavor]?.version).not.toBe(before[flavor]?.version);
    expect(after[flavor]?.peerDependencies, flavor).toEqual(before[flavor]?.peerDependencies);
  }
});
