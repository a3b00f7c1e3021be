/** Builds all published packages and leaves their tarballs in `tarballs/`: `node scripts/pack.ts`. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readManifest } from './package-manifest.ts';

const repository = dirname(import.meta.dirname);
const tarballs = join(repository, 'tarballs');

/** A published package and the tarball that users install. */
export interface PackedPackage {
  name: string;
  directory: string;
  tarball: string;
}

/** Every package is published but those that say `private`. */
export function listPublishedPackages(): PackedPackage[] {
  const packagesFolder = join(repository, 'packages');
  return readdirSync(packagesFolder)
    .map((folder) => join(packagesFolder, folder))
    .filter((directory) => existsSync(join(directory, 'package.json')))
    .flatMap((directory) => {
      const { name, version, private: isPrivate = false } = readManifest(directory);
      const file = `${name.replace('@', '').replace('/', '-')}-${version}.tgz`;
      return isPrivate ? [] : [{ name, directory, tarball: join(tarballs, file) }];
    });
}

export function packPackages(): PackedPackage[] {
  const packages = listPublishedPackages();
  const filters = packages.map(({ name }) => `--filter=${name}`);
  execFileSync('turbo', ['run', 'build', '--output-logs=new-only', ...filters], { cwd: repository, stdio: 'inherit' });
  rmSync(tarballs, { recursive: true, force: true });
  mkdirSync(tarballs);
  for (const { directory } of packages) {
    execFileSync('pnpm', ['pack', '--pack-destination', tarballs], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  return packages;
}

if (import.meta.main) {
  for (const { tarball } of packPackages()) console.log(tarball);
}
