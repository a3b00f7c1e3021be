import type { StepFingerprint } from './bundle-manifest.ts';
import type { PackageModule } from './bundle-user-code.ts';
import type { CodeGraph, Reach } from './code-graph.ts';
import { hashText } from './content-hash.ts';
import type { InstalledPackage } from './package-lookup.ts';
import type { StepSite } from './step-sites.ts';

/** What is known of the packages that user code imports. */
export interface PackageFacts {
  readonly modules: ReadonlyMap<string, PackageModule>;
  /** By module file: the packages that it reaches, with a SHA-256 of what is reached in each. */
  readonly contents: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** By module file: folders of the packages outside of the bundle that it reaches. */
  readonly reachedExternals: ReadonlyMap<string, readonly string[]>;
  /** By folder: each package outside of the bundle, first itself, then all that it depends on, with a SHA-256 of what is in it. */
  readonly externals: ReadonlyMap<string, readonly (InstalledPackage & { readonly contentHash: string })[]>;
}

/**
 * The identity of each step's code: its own definition; every declaration of the user's modules that it reaches, and those statements that change
 * them when the modules are loaded; the packages it reaches. A neighbour that is not reached, comments and formatting do not count.
 *
 * Where the analysis cannot follow (`eval`, a computed import), all of the user's code counts. A step that can make a `require` of its own
 * is not to be cached.
 */
export function fingerprintSteps(
  graph: CodeGraph,
  sites: readonly StepSite[],
  packages: PackageFacts,
): Readonly<Record<string, StepFingerprint>> {
  return Object.fromEntries(
    sites.map(({ id, call, unit: around }) => {
      const own = graph.textOf(call);
      const reach = graph.reachOf(own, around);
      const parts = new Map([['code', hashText(own.text)]]);
      for (const unit of reach.units) {
        if (!unit.isRuntime) parts.set(unit.label, hashText(graph.unitText(unit).text));
      }
      for (const [label, hash] of reach.assets) parts.set(`asset ${label}`, hash);
      if (reach.order.length > 1) parts.set('order of statements', hashText(reach.order.join('\n')));
      for (const [name, hash] of packageParts(reach, packages)) parts.set(name, hash);
      return [id, { ...fingerprintOf(parts), ...(reach.makesRequire ? { uncached: unknownModules } : {}) }];
    }),
  );
}

const unknownModules =
  'reaches createRequire, and what is loaded by that is not known; import it instead, or give the step a cacheKey to have it cached';

function fingerprintOf(parts: ReadonlyMap<string, string>): StepFingerprint {
  const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    sha256: hashText(sorted.map(([name, hash]) => `${name} ${hash}`).join('\n')),
    parts: Object.fromEntries(sorted),
  };
}

function packageParts(
  { modules: reached }: Reach,
  { modules, contents, reachedExternals, externals }: PackageFacts,
): ReadonlyMap<string, string> {
  const hashes = new Map<string, Set<string>>();
  const add = (name: string, hash: string) => hashes.set(name, (hashes.get(name) ?? new Set()).add(hash));
  for (const specifier of reached) {
    const file = modules.get(specifier)?.file ?? '';
    for (const [name, hash] of Object.entries(contents.get(file) ?? {})) add(name, hash);
    const outside = new Set(reachedExternals.get(file));
    for (const [directory, [own, ...dependencies]] of externals) {
      if (own === undefined || !(outside.has(directory) || isOf(own, specifier))) continue;
      for (const { name, version, contentHash } of [own, ...dependencies]) add(`${name}@${version}`, contentHash);
    }
  }
  return new Map([...hashes].map(([name, found]) => [name, hashText([...found].sort().join('\n'))]));
}

function isOf({ name }: InstalledPackage, specifier: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}
