import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { userPackagesDirectory } from '@mlstack/core/project';
import { expect, onTestFinished, test } from 'vitest';
import { findPackageManager } from './change-packages.ts';
import { integrationName, integrationPackage } from './integration-packages.ts';

function createFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test.each([
  ['package-lock.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
])('%s means %s', (lockFile, name) => {
  const directory = createFolder({ 'package.json': '{}', [lockFile]: '' });
  expect(findPackageManager(directory)).toEqual({ name, directory });
});

test('a package of a workspace uses the lock file of the workspace', () => {
  const workspace = createFolder({ 'package.json': '{}', 'pnpm-lock.yaml': '' });
  const directory = join(workspace, 'inner');
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{}');
  expect(findPackageManager(directory)).toEqual({ name: 'pnpm', directory });
});

test('package.json may name the package manager', () => {
  const directory = createFolder({ 'package.json': '{"packageManager": "yarn@4.1.0"}' });
  expect(findPackageManager(directory).name).toBe('yarn');
});

test('without a package.json packages go where those of the user are', () => {
  expect(findPackageManager(createFolder({}))).toEqual({ name: 'npm', directory: userPackagesDirectory() });
});

test('the name of an integration cannot lead elsewhere', () => {
  expect(integrationPackage('s3')).toBe('@mlstack/flavor-s3');
  expect(integrationName('@mlstack/flavor-s3')).toBe('s3');
  for (const name of ['../x', 's3@latest', '--global', '', 'a b', 'x'.repeat(100)]) {
    expect(() => integrationPackage(name)).toThrow('is not the name of an integration');
  }
});
