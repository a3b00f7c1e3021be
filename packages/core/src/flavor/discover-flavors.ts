import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { ancestorDirectories } from '../project/ancestor-directories.ts';
import { homeDirectory } from '../project/home-directory.ts';
import type { FlavorManifestEntry } from './flavor-manifest.ts';
import { parseFlavorManifest } from './parse-flavor-manifest.ts';

/** The program that shows flavors, as the command line is. */
export interface FlavorHost {
  /** Folder of its package. */
  readonly directory: string;
  /** The path it was started by (`process.argv[1]`): with linked installs it tells where its neighbours are. */
  readonly program?: string;
}

/**
 * - `project`: a dependency of the project.
 * - `host`: comes with the command line.
 * - `beside-host`: installed where the command line is, as by `npm install --global`.
 * - `user`: what the command line installed for this user.
 */
export type FlavorOrigin = 'project' | 'host' | 'beside-host' | 'user';

/** An installed package with an `mlstack` field. */
export interface FlavorPackage {
  readonly name: string;
  readonly version: string;
  /** Absolute, symbolic links resolved. */
  readonly directory: string;
  readonly origin: FlavorOrigin;
  readonly flavors: readonly FlavorManifestEntry[];
  /** Its whole package.json, for what it says to other programs. */
  readonly packageJson: Readonly<Record<string, unknown>>;
}

export interface DiscoveryProblem {
  readonly package: string;
  readonly message: string;
}

export interface DiscoveredFlavors {
  readonly packages: readonly FlavorPackage[];
  /** A broken package is named here and hides no other. */
  readonly problems: readonly DiscoveryProblem[];
}

/**
 * Where `mlstack integration install` puts packages when there is no package.json to add them to; nothing for a user without a home
 * folder.
 */
export function userPackagesDirectory(): string | undefined {
  const home = homeDirectory();
  return home === undefined ? undefined : join(home, '.mlstack', 'packages');
}

/**
 * Finds the flavor packages that the project depends on, that the host depends on or has beside it, and that were installed for
 * the user. Reads package.json files and runs no code. The nearest copy of a package wins.
 */
export function discoverFlavors(where: {
  readonly directory: string;
  readonly host?: FlavorHost | undefined;
}): DiscoveredFlavors {
  const search = new PackageSearch();
  for (const directory of ancestorDirectories(where.directory)) search.addDependencies(directory, 'project', true);
  if (where.host !== undefined) {
    search.addDependencies(where.host.directory, 'host', false);
    for (const nodeModules of installationsOf(where.host)) search.addInstalled(nodeModules);
  }
  const userPackages = userPackagesDirectory();
  if (userPackages !== undefined) search.addDependencies(userPackages, 'user', false);
  return { packages: search.packages, problems: search.problems };
}

class PackageSearch {
  readonly packages: FlavorPackage[] = [];
  readonly problems: DiscoveryProblem[] = [];
  readonly #seen = new Set<string>();

  /** @param withDevelopment whether development dependencies count: those of an installed package are not there. */
  addDependencies(directory: string, origin: FlavorOrigin, withDevelopment: boolean): void {
    const text = readText(join(directory, 'package.json'));
    if (text === undefined) return;
    let manifest: Record<string, unknown>;
    try {
      manifest = JSON.parse(text);
    } catch (error) {
      this.problems.push({ package: directory, message: `its package.json is not JSON: ${(error as Error).message}` });
      return;
    }
    const kinds = ['dependencies', 'optionalDependencies', ...(withDevelopment ? ['devDependencies'] : [])];
    for (const kind of kinds) {
      for (const name of Object.keys((manifest[kind] as object | undefined) ?? {})) {
        this.#addPackage(name, directory, origin, kind !== 'optionalDependencies');
      }
    }
  }

  /** A `node_modules` of global installs: each package in it was installed on purpose. One with a package.json beside it is declared there. */
  addInstalled(nodeModules: string): void {
    const parent = dirname(nodeModules);
    if (existsSync(join(parent, 'package.json'))) {
      this.addDependencies(parent, 'beside-host', false);
      return;
    }
    for (const name of listPackages(nodeModules)) this.#addPackage(name, parent, 'beside-host', false);
  }

  #addPackage(name: string, from: string, origin: FlavorOrigin, isExpected: boolean): void {
    if (this.#seen.has(name)) return;
    const found = findPackage(name, from);
    if (found === undefined) {
      const isKnown = this.problems.some((problem) => problem.package === name);
      if (isExpected && looksLikeFlavor(name) && !isKnown) {
        this.problems.push({ package: name, message: absenceOf(from) });
      }
      return;
    }
    this.#seen.add(name);
    if (!found.text.includes('"mlstack"')) return;
    let packageJson: Record<string, unknown>;
    try {
      packageJson = JSON.parse(found.text);
    } catch (error) {
      this.problems.push({ package: name, message: `its package.json is not JSON: ${(error as Error).message}` });
      return;
    }
    if (typeof packageJson !== 'object' || packageJson === null || packageJson.mlstack === undefined) return;
    const { flavors, problems } = parseFlavorManifest(packageJson.mlstack);
    for (const message of problems) this.problems.push({ package: name, message });
    this.packages.push({
      name,
      version: String(packageJson.version ?? '0.0.0'),
      directory: realpathSync(found.directory),
      origin,
      flavors,
      packageJson,
    });
  }
}

function findPackage(name: string, from: string): { directory: string; text: string } | undefined {
  if (!/^(?:@[\w.~-]+\/)?[\w~-][\w.~-]*$/.test(name)) return undefined;
  for (let directory = from; ; directory = dirname(directory)) {
    if (basename(directory) !== 'node_modules') {
      const candidate = join(directory, 'node_modules', name);
      const text = readText(join(candidate, 'package.json'));
      if (text !== undefined) return { directory: candidate, text };
    }
    if (dirname(directory) === directory) return undefined;
  }
}

/** Why a package that `from` declares is not there. */
function absenceOf(from: string): string {
  for (const directory of ancestorDirectories(from)) {
    if (existsSync(join(directory, '.pnp.cjs')))
      return "it is installed by Yarn's Plug'n'Play, which mlstack cannot read: put `nodeLinker: node-modules` into .yarnrc.yml and run `yarn install`";
  }
  return 'it is declared and not installed: install the dependencies';
}

/** Each `node_modules` that the host is installed in, as the path it was started by and as the real one. */
function installationsOf({ directory, program }: FlavorHost): Set<string> {
  const found = new Set<string>();
  const marker = `${sep}node_modules${sep}`;
  for (const path of [program, program && realPath(program), `${directory}${sep}`]) {
    const end = path?.lastIndexOf(marker) ?? -1;
    if (path === undefined || end === -1) continue;
    const nodeModules = path.slice(0, end + marker.length - 1);
    found.add(nodeModules);
    // pnpm from 11 on keeps each global package in a folder of its own.
    const siblings = dirname(dirname(nodeModules));
    if (basename(dirname(siblings)) === 'global' && /^v?\d+$/.test(basename(siblings))) {
      for (const name of listEntries(siblings)) found.add(join(siblings, name, 'node_modules'));
    }
  }
  return found;
}

function looksLikeFlavor(name: string): boolean {
  return /^(?:@mlstack\/flavor-|(?:@[^/]+\/)?mlstack-flavor-)/.test(name);
}

function* listPackages(nodeModules: string): Generator<string> {
  for (const entry of listEntries(nodeModules)) {
    if (!entry.startsWith('@')) yield entry;
    else for (const name of listEntries(join(nodeModules, entry))) yield `${entry}/${name}`;
  }
}

function listEntries(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => !name.startsWith('.'));
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
