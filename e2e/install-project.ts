import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listPublishedPackages } from '../scripts/pack.ts';

export type PackageManager = 'npm' | 'pnpm';

/** The tarball of a package of this repository, as it was packed for the tests. */
export function tarballOf(name: string): string {
  const found = listPublishedPackages().find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not published.`);
  return found.tarball;
}

/** Installs all packages of this repository, and others, into an empty folder as its user would. */
export function installProject(
  directory: string,
  manager: PackageManager,
  others: Readonly<Record<string, string>> = {},
): void {
  const own = Object.fromEntries(listPublishedPackages().map(({ name, tarball }) => [name, `file:${tarball}`]));
  const manifest = { private: true, type: 'module', dependencies: { ...own, ...others } };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  // pnpm would look in the registry for what the packages want of each other, and ask about every build script.
  if (manager === 'pnpm')
    writeFileSync(
      join(directory, 'pnpm-workspace.yaml'),
      JSON.stringify({ overrides: own, allowBuilds: { esbuild: false } }),
    );
  const flags = manager === 'npm' ? ['--no-audit', '--no-fund', '--loglevel=error'] : ['--reporter=silent'];
  execFileSync(manager, ['install', '--prefer-offline', ...flags], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
