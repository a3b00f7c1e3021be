import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';

/** A package as it is installed on this machine. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute. */
  readonly directory: string;
  /** Why it cannot be bundled; absent where it can. */
  readonly unbundlable?: string;
}

/** Of a package whose code asks where it lies: in a bundle it would not find its files. */
export const placedReason = 'reads files that lie beside its code';

const coreDirectory = dirname(dirname(import.meta.dirname));
const folderMark = `${sep}node_modules${sep}`;
/** Which package a file belongs to. Reads each package once: made anew for each build. */
export class PackageLookup {
  readonly #packages = new Map<string, InstalledPackage>();
  readonly #excluded = new Set<string>();

  /**
   * The package that owns a file, or nothing for the user's own code: what lies outside every `node_modules` folder once
   * symbolic links are followed, as a package of the same monorepo does.
   */
  ofFile(file: string): InstalledPackage | undefined {
    const at = file.lastIndexOf(folderMark);
    if (at === -1) {
      // In a checkout of mlstack itself, core is no user code either.
      return file.startsWith(`${coreDirectory}${sep}src${sep}`) ? this.#read(coreDirectory) : undefined;
    }
    const [scope = '', name = ''] = file.slice(at + folderMark.length).split(sep);
    return this.#read(join(file.slice(0, at + folderMark.length), scope.startsWith('@') ? join(scope, name) : scope));
  }

  /** From now on the package counts as one that cannot be bundled. @returns false where it did already. */
  exclude(directory: string, reason: string): boolean {
    const known = this.#read(directory);
    if (known.unbundlable !== undefined) return false;
    this.#packages.set(directory, { ...known, unbundlable: reason });
    this.#excluded.add(directory);
    return true;
  }

  /**
   * A package with all that its code finds where it is installed: what it depends on, what that depends on, and so on. Without
   * mlstack, whose version counts nowhere.
   */
  withDependencies(owner: InstalledPackage): readonly InstalledPackage[] {
    const found = new Map([[owner.directory, owner]]);
    // Grows while it is walked.
    for (const directory of found.keys()) {
      for (const name of dependencyNames(readManifest(directory))) {
        const installed = name === '@mlstack/core' ? undefined : findInstalled(name, directory);
        if (installed !== undefined) found.set(installed, this.#read(installed));
      }
    }
    return [...found.values()];
  }

  /** Sorted folders of the packages that were excluded. */
  get excluded(): readonly string[] {
    return [...this.#excluded].sort();
  }

  #read(directory: string): InstalledPackage {
    let known = this.#packages.get(directory);
    if (known === undefined) {
      known = readPackage(directory);
      this.#packages.set(directory, known);
    }
    return known;
  }
}

function readPackage(directory: string): InstalledPackage {
  const manifest = readManifest(directory);
  const unbundlable = findObstacle(directory, manifest);
  return {
    name: typeof manifest.name === 'string' ? manifest.name : basename(directory),
    version: typeof manifest.version === 'string' ? manifest.version : '0.0.0',
    directory,
    ...(unbundlable === undefined ? {} : { unbundlable }),
  };
}

function readManifest(directory: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  } catch {
    return {};
  }
}

function dependencyNames(manifest: Readonly<Record<string, unknown>>): readonly string[] {
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  return [dependencies, optionalDependencies, peerDependencies].flatMap((names) => Object.keys(names ?? {}));
}

/** As Node looks for it; nothing where it is not installed, as an optional one of another platform. */
function findInstalled(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const directory = join(folder, 'node_modules', name);
    if (existsSync(join(directory, 'package.json'))) return realpathSync(directory);
    if (folder === dirname(folder)) return undefined;
  }
}

/** Native code looks for its binary beside its own files, which a bundle has not. */
function findObstacle(directory: string, manifest: Readonly<Record<string, unknown>>): string | undefined {
  if (existsSync(join(directory, 'binding.gyp'))) return 'has native code (binding.gyp)';
  if (existsSync(join(directory, 'prebuilds'))) return 'has native code (prebuilds/)';
  if (existsSync(join(directory, 'build', 'Release'))) return 'has native code (build/Release/)';
  if (manifest.binary !== undefined || manifest.gypfile === true) return 'has native code';
  const optional = Object.keys((manifest.optionalDependencies as object | undefined) ?? {});
  const platform = optional.find((name) => /(linux|darwin|win32)-?(x64|arm64|ia32|arm)/.test(name));
  if (platform !== undefined) return `has native code in packages of their own per platform (${platform})`;
  if (Array.isArray(manifest.files) && manifest.files.some((file) => String(file).endsWith('.node'))) {
    return 'has native code (*.node)';
  }
  if (typeof manifest.main === 'string' && manifest.main.endsWith('.node')) return 'has native code (*.node)';
  return undefined;
}
