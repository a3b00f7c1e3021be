import { registerHooks } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BundledExternal } from './bundle-manifest.ts';

/** Entry points of this package that exist once per process, whoever imports them. */
export const sharedEntryPoints = ['@mlstack/core', '@mlstack/core/flavor', '@mlstack/core/project'] as const;

/** True in a checkout of mlstack itself, where core runs from its TypeScript. */
export const runsFromSource = import.meta.url.endsWith('.ts');

const externalsByBundle = new Map<string, readonly BundledExternal[]>();
let installed = false;

/**
 * From now on every import of `@mlstack/core`, `/flavor` or `/project` in this process gives the running copy: bundles have no
 * other, and a flavor package that brought a copy of its own would otherwise load a second core. Everything else of core
 * (`/tensorflow`, `/arrow`) and zod stay what the importer resolves. Installs once; for `require` too.
 */
export function shareCore(): void {
  if (installed) return;
  installed = true;
  const running = new Map<string, string>(sharedEntryPoints.map((name) => [name, entryPointUrl(name)]));
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const url = running.get(specifier);
      if (url !== undefined) return { url, shortCircuit: true };
      const external = findExternal(specifier, context.parentURL);
      if (external === undefined) return nextResolve(specifier, context);
      const parentURL = pathToFileURL(join(external.directory, 'package.json')).href;
      return nextResolve(specifier, { ...context, parentURL });
    },
  });
}

/** Lets a bundle's code find the packages that were left out of it where they are installed on this machine. */
export function shareExternals(bundleDirectory: string, externals: readonly BundledExternal[]): void {
  shareCore();
  externalsByBundle.set(pathToFileURL(bundleDirectory).href, externals);
}

function entryPointUrl(name: (typeof sharedEntryPoints)[number]): string {
  const entry = name.split('/')[2] ?? 'index';
  // Built, all chunks lie flat beside the entries; as source, entries lie one folder up.
  if (runsFromSource) return new URL(`../${entry}.ts`, import.meta.url).href;
  return new URL(`./${entry === 'flavor' ? 'lazy-flavor' : entry}.js`, import.meta.url).href;
}

function findExternal(specifier: string, parentUrl: string | undefined): BundledExternal | undefined {
  if (parentUrl === undefined || externalsByBundle.size === 0 || /^(\.|\/|[a-z]+:)/.test(specifier)) return undefined;
  let folder = dirname(parentUrl);
  while (folder.length > 'file:///'.length) {
    const externals = externalsByBundle.get(folder);
    if (externals !== undefined) {
      return externals.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`));
    }
    folder = dirname(folder);
  }
  return undefined;
}
