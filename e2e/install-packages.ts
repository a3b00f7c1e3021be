import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { packPackages } from '../scripts/pack.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** An npm project in a temporary folder with the tarballs of all published packages installed; tests leave it as it is. */
    installation: { directory: string; packages: string[] };
  }
}

/** Packs the packages as they are now and installs them once, by plain npm as users do, for all end-to-end tests. */
export default function installPackages(project: TestProject): () => void {
  const packages = packPackages();
  const directory = mkdtempSync(join(tmpdir(), 'mlstack-e2e-'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name: 'e2e', private: true, type: 'module' }));
  const tarballs = packages.map(({ tarball }) => tarball);
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  project.provide('installation', { directory, packages: packages.map(({ name }) => name) });
  return () => rmSync(directory, { recursive: true, force: true });
}
