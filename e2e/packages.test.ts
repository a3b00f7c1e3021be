import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import type { PackageManifest } from '../scripts/package-manifest.ts';

const { directory, packages } = inject('installation');

describe.each(packages)('%s as it is published', (name) => {
  const manifestFile = join(directory, 'node_modules', name, 'package.json');
  const manifest: PackageManifest = JSON.parse(readFileSync(manifestFile, 'utf8'));

  test.each(Object.keys(manifest.exports ?? {}))('can be imported: %s', (subpath) => {
    const specifier = `${name}${subpath.slice(1)}`;
    const attributes = subpath.endsWith('.json') ? ", { with: { type: 'json' } }" : '';
    execFileSync(process.execPath, ['--input-type=module', '--eval', `await import('${specifier}'${attributes})`], {
      cwd: directory,
    });
  });

  test('brings a licence and nothing that only its workspace needs', () => {
    expect(readFileSync(join(manifestFile, '..', 'LICENSE'), 'utf8')).toContain('Apache License');
    expect(JSON.stringify(manifest)).not.toMatch(/mlstack-source|mlstack-build|workspace:|catalog:|devDependencies/);
  });
});

test('the installed packages need nothing that npm finds missing or of a wrong version', () => {
  const { status, stdout, stderr } = spawnSync('npm', ['ls', '--all'], { cwd: directory, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
});
