import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, posix, relative, resolve, sep } from 'node:path';
import type { ComponentType } from '../component/component-types.ts';
import { FlavorConflictError, FlavorLoadError, FlavorNotFoundError } from '../errors/flavor-errors.ts';
import type { CustomFlavor } from '../project/registry-document.ts';
import type { FlavorSource } from '../run/step-request.ts';
import type { Flavor } from './define-flavor.ts';
import type { DiscoveredFlavors, FlavorHost, FlavorPackage } from './discover-flavors.ts';
import { discoverFlavors } from './discover-flavors.ts';
import type { FlavorManifestEntry } from './flavor-manifest.ts';
import { findFlavorModule, loadFlavor } from './load-flavor.ts';

/** One flavor as lists show it. No code of its package was run for it. */
export interface FlavorListing {
  readonly type: ComponentType;
  readonly name: string;
  readonly summary: string;
  /** `built-in`: comes with the command line. `package`: installed. `project`: registered from the project's own code. */
  readonly origin: 'built-in' | 'package' | 'project';
  readonly package?: string;
  readonly version?: string;
  /** As it was registered; only of registered ones. */
  readonly source?: string;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
}

interface Claim {
  readonly package: FlavorPackage;
  readonly entry: FlavorManifestEntry;
}

interface FlavorRegistryOptions {
  readonly projectDirectory: string;
  readonly stateDirectory: string;
  readonly host: FlavorHost | undefined;
  /** Those that were registered by hand; of two with the same type and name the first counts. */
  readonly listCustomFlavors: () => readonly CustomFlavor[];
}

/** What flavors there are for one project: those of installed packages and those that were registered by hand. */
export class FlavorRegistry {
  readonly #options: FlavorRegistryOptions;
  #discovered: DiscoveredFlavors | undefined;

  constructor(options: FlavorRegistryOptions) {
    this.#options = options;
  }

  /** Looked up once. */
  discover(): DiscoveredFlavors {
    const { projectDirectory, host } = this.#options;
    this.#discovered ??= discoverFlavors({ directory: projectDirectory, host });
    return this.#discovered;
  }

  list(type?: ComponentType): FlavorListing[] {
    const custom = this.#options.listCustomFlavors().filter((flavor) => isOfType(flavor, type));
    const chosen = new Set(custom.map(flavorKey));
    const listings: FlavorListing[] = custom.map((flavor) => this.#describeCustom(flavor));
    for (const [key, claims] of this.#claims(type)) {
      if (chosen.has(key)) continue;
      listings.push(...claims.map((claim) => describeClaim(claim, claims)));
    }
    return listings.sort((one, other) => (flavorKey(one) < flavorKey(other) ? -1 : 1));
  }

  /** Fails with `FlavorNotFoundError`, or `FlavorConflictError` where packages claim the same and nothing was chosen. */
  resolve(type: ComponentType, name: string): FlavorSource {
    const custom = this.#options.listCustomFlavors().find((flavor) => flavor.type === type && flavor.name === name);
    if (custom !== undefined) return this.resolveSource(custom.source);
    const claims = this.claimsOf(type, name);
    const [claim] = claims;
    if (claim === undefined) {
      const known = [...new Set(this.list(type).map((flavor) => flavor.name))];
      const problem = this.discover().problems.find((one) => one.package.endsWith(`flavor-${name}`));
      throw new FlavorNotFoundError(type, name, known, problem && `Package ${problem.package}: ${problem.message}.`);
    }
    if (claims.length > 1) {
      throw new FlavorConflictError(
        type,
        name,
        claims.map((one) => ({ package: one.package.name, export: one.entry.export })),
      );
    }
    return packageSource(claim);
  }

  /** The packages that bring `type/name`. */
  claimsOf(type: ComponentType, name: string): readonly Claim[] {
    return this.#claims(type).get(flavorKey({ type, name })) ?? [];
  }

  /** Imports the definition. */
  async load(type: ComponentType, name: string): Promise<Flavor> {
    return await this.loadSource(this.resolve(type, name), { type, name });
  }

  async loadSource(source: FlavorSource, expected?: { type: ComponentType; name: string }): Promise<Flavor> {
    return await loadFlavor(source, expected, { stateDirectory: this.#options.stateDirectory });
  }

  /** `./file.ts#exportName`, relative to the project, or `package#exportName`. */
  resolveSource(text: string): FlavorSource {
    const { projectDirectory } = this.#options;
    const separator = text.lastIndexOf('#');
    const [path, exportName] = [text.slice(0, separator), text.slice(separator + 1)];
    if (separator <= 0 || exportName === '') {
      throw new FlavorLoadError(text, 'it names no export', 'Write ./file.ts#exportName or package#exportName.');
    }
    if (path.startsWith('.') || path.startsWith('/') || resolve(path) === path) {
      return { kind: 'module', file: resolve(projectDirectory, path), export: exportName };
    }
    return this.#resolvePackageExport(path, exportName);
  }

  /** How a source is written into the registry: relative to the project where it lies inside. */
  formatSource(source: FlavorSource): string {
    if (source.kind === 'package') return `${source.package}#${source.export}`;
    const path = relative(this.#options.projectDirectory, source.file).split(sep).join(posix.sep);
    return `${path.startsWith('..') ? source.file : `./${path}`}#${source.export}`;
  }

  #claims(type?: ComponentType): Map<string, Claim[]> {
    const claims = new Map<string, Claim[]>();
    for (const flavorPackage of this.discover().packages) {
      for (const entry of flavorPackage.flavors) {
        if (!isOfType(entry, type)) continue;
        const key = flavorKey(entry);
        claims.set(key, [...(claims.get(key) ?? []), { package: flavorPackage, entry }]);
      }
    }
    return claims;
  }

  #describeCustom({ type, name, source, summary = '' }: CustomFlavor): FlavorListing {
    let reason: string | undefined;
    let found: FlavorSource | undefined;
    try {
      found = this.resolveSource(source);
      if (found.kind === 'module' && !existsSync(found.file)) reason = 'its file is missing';
    } catch (error) {
      reason = (error as Error).message;
    }
    return {
      type,
      name,
      summary,
      origin: found?.kind === 'package' ? 'package' : 'project',
      ...(found?.kind === 'package' ? { package: found.package, version: found.version } : {}),
      source,
      ready: reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    };
  }

  #resolvePackageExport(name: string, exportName: string): FlavorSource {
    const known = this.discover().packages.find((one) => one.name === name);
    const entry = known?.flavors.find((flavor) => flavor.export === exportName);
    if (known !== undefined && entry !== undefined) return packageSource({ package: known, entry });
    try {
      const require = createRequire(join(this.#options.projectDirectory, 'package.json'));
      const file = require.resolve(name);
      const directory = packageDirectoryOf(file, name);
      const { version = '0.0.0' } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
      const module = `./${relative(directory, file).split(sep).join(posix.sep)}`;
      return { kind: 'package', package: name, version, directory, module, export: exportName };
    } catch (cause) {
      throw new FlavorLoadError(
        `${name}#${exportName}`,
        'the package cannot be found from this project',
        `Install it with \`npm install ${name}\`; a file of your own is written ./file.ts#exportName.`,
        cause,
      );
    }
  }
}

function packageDirectoryOf(file: string, name: string): string {
  const marker = `${sep}node_modules${sep}${name.split('/').join(sep)}${sep}`;
  const end = file.lastIndexOf(marker);
  if (end === -1) throw new Error(`${file} does not lie in a folder of ${name}`);
  return file.slice(0, end + marker.length - 1);
}

function packageSource({ package: from, entry }: Claim): FlavorSource {
  return {
    kind: 'package',
    package: from.name,
    version: from.version,
    directory: from.directory,
    module: entry.module,
    export: entry.export,
  };
}

function describeClaim({ package: from, entry }: Claim, claims: readonly Claim[]): FlavorListing {
  const others = claims.filter((claim) => claim.package !== from).map((claim) => claim.package.name);
  const reason =
    others.length > 0
      ? `claimed by ${others.join(', ')} too: choose one with \`mlstack ${entry.type} flavor register ${from.name}#${entry.export}\``
      : findFlavorModule(from.directory, entry.module) === undefined
        ? `its module ${entry.module} is missing`
        : undefined;
  return {
    type: entry.type,
    name: entry.name,
    summary: entry.summary,
    origin: from.origin === 'host' ? 'built-in' : 'package',
    package: from.name,
    version: from.version,
    ready: reason === undefined,
    ...(reason === undefined ? {} : { reason }),
  };
}

function isOfType(flavor: { readonly type: ComponentType }, type: ComponentType | undefined): boolean {
  return type === undefined || flavor.type === type;
}

function flavorKey({ type, name }: { readonly type: ComponentType; readonly name: string }): string {
  return `${type}/${name}`;
}
