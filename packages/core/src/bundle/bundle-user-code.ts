import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import type { Loader, OnResolveArgs, Plugin, PluginBuild } from 'esbuild';
import { BundleError } from '../errors/bundle-errors.ts';
import { hashText } from './content-hash.ts';
import { bundleErrorOf, isBuildFailure } from './esbuild-problems.ts';
import type { InstalledPackage, PackageLookup } from './package-lookup.ts';
import { runsFromSource, sharedEntryPoints } from './share-core.ts';

/** A module of a package that user code imports. */
export interface PackageModule {
  /** How the bundled user code names it: `package:zod@4.6.7/index.js`. The same on every machine. */
  readonly specifier: string;
  /** Absolute. */
  readonly file: string;
  readonly package: InstalledPackage;
}

/** The user's own modules as one, with packages, core and Node's modules still imported. */
export interface UserCode {
  /** `package:` specifiers stand for modules of packages. */
  readonly code: string;
  /** Source map version 3; its sources are relative to the project, with forward slashes. */
  readonly map: string;
  readonly exports: readonly string[];
  readonly packageModules: ReadonlyMap<string, PackageModule>;
  readonly externals: readonly InstalledPackage[];
  /** Absolute paths of the files that it was made from, each with the SHA-256 of what was read. */
  readonly sources: ReadonlyMap<string, string>;
  /** Absolute paths of files that would have changed the result, had they been there or had they been different. */
  readonly influences: readonly string[];
}

/** What a TypeScript or JavaScript import may leave out, in the order in which it is looked for. */
const extensions = ['.tsx', '.ts', '.jsx', '.js', '.css', '.json'];

const loaders: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
  '.txt': 'text',
};

export async function bundleUserCode(file: string, root: string, packages: PackageLookup): Promise<UserCode> {
  const { build } = await import('esbuild');
  const resolution = resolveUserImports(packages);
  const result = await build({
    entryPoints: [file],
    absWorkingDir: root,
    outfile: join(root, 'entry.mjs'),
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    conditions: runsFromSource ? ['mlstack-source'] : [],
    resolveExtensions: extensions,
    sourcemap: 'external',
    sourcesContent: false,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [resolution.plugin],
  }).catch((error: unknown) => {
    throw isBuildFailure(error) ? bundleErrorOf(relative(root, file), error.errors) : error;
  });
  const output = Object.values(result.metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  const [code, map] = ['entry.mjs', 'entry.mjs.map'].map(
    (name) => result.outputFiles.find(({ path }) => basename(path) === name)?.text,
  );
  if (code === undefined || map === undefined || output === undefined) {
    throw new BundleError(relative(root, file), [{ message: 'it has nothing that can be run' }]);
  }
  return {
    code,
    map,
    exports: [...output.exports].sort(),
    packageModules: resolution.packageModules,
    externals: [...resolution.externals.values()],
    sources: resolution.sources,
    influences: [...resolution.influences, ...configurationFiles([...resolution.sources.keys()])],
  };
}

function resolveUserImports(packages: PackageLookup) {
  const packageModules = new Map<string, PackageModule>();
  const externals = new Map<string, InstalledPackage>();
  const influences = new Set<string>();
  const sources = new Map<string, string>();

  async function resolveImport(build: PluginBuild, args: OnResolveArgs) {
    if (args.kind === 'entry-point' || args.pluginData === resolving) return undefined;
    if (isBuiltin(args.path)) return { path: args.path.replace(/^(?!node:)/, 'node:'), external: true };
    if ((sharedEntryPoints as readonly string[]).includes(args.path)) return { path: args.path, external: true };
    const { importer, resolveDir, kind, namespace } = args;
    const found = await build.resolve(args.path, {
      importer,
      resolveDir,
      kind,
      namespace,
      with: args.with,
      pluginData: resolving,
    });
    // esbuild's own words for what it does not find are better than ours.
    if (found.errors.length > 0 || found.external || found.namespace !== 'file') return undefined;
    for (const path of absentCandidates(args, found.path)) influences.add(path);
    const owner = packages.ofFile(found.path);
    if (owner === undefined) return { path: found.path, sideEffects: found.sideEffects };
    influences.add(join(owner.directory, 'package.json'));
    if (owner.unbundlable !== undefined) {
      externals.set(owner.directory, owner);
      return { path: args.path, external: true };
    }
    const path = relative(owner.directory, found.path).split(sep).join('/');
    const specifier = `package:${owner.name}@${owner.version}/${path}`;
    packageModules.set(specifier, { specifier, file: found.path, package: owner });
    return { path: specifier, external: true };
  }

  const plugin: Plugin = {
    name: 'mlstack-user-imports',
    setup(build) {
      build.onResolve({ filter: /.*/ }, (args) => resolveImport(build, args));
      // Read here, so that what is noted of a file is what was bundled, whenever it is edited.
      build.onLoad({ filter: /.*/, namespace: 'file' }, ({ path }) => {
        const contents = readFileSync(path);
        sources.set(path, hashText(contents));
        const loader = loaders[extname(path)];
        return loader === undefined ? undefined : { contents, loader, resolveDir: dirname(path) };
      });
    },
  };
  return { plugin, packageModules, externals, influences, sources };
}

const resolving = Symbol('resolving');

/** Files that the import would have found first, and did not. */
function absentCandidates({ path, resolveDir }: OnResolveArgs, found: string): readonly string[] {
  if (/^\.{0,2}\//.test(path)) {
    const base = join(resolveDir, path);
    const stem = base.slice(0, base.length - extname(base).length);
    const all = [base, ...extensions.flatMap((extension) => [base + extension, stem + extension])];
    return all.filter((candidate) => candidate !== found && !existsSync(candidate));
  }
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/');
  const absent: string[] = [];
  for (let folder = resolveDir; ; folder = dirname(folder)) {
    const manifest = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(manifest) || folder === dirname(folder)) return absent;
    absent.push(manifest);
  }
}

/** In `node_modules`: most package managers note each installation in a file of theirs. */
const installationRecords = ['.package-lock.json', '.yarn-integrity', '.yarn-state.yml', join('.pnpm', 'lock.yaml')];

export function isInstallationRecord(path: string): boolean {
  return installationRecords.some((record) => path.endsWith(join('node_modules', record)));
}

/** package.json and tsconfig.json decide how a file is read, installations what is imported. */
function configurationFiles(sources: readonly string[]): readonly string[] {
  const files = new Set<string>();
  const seen = new Set<string>();
  for (const source of sources) {
    for (let folder = dirname(source); !seen.has(folder); folder = dirname(folder)) {
      seen.add(folder);
      files.add(join(folder, 'package.json'));
      addConfigurationChain(join(folder, 'tsconfig.json'), files);
      for (const record of installationRecords) files.add(join(folder, 'node_modules', record));
    }
  }
  return [...files];
}

function addConfigurationChain(file: string, files: Set<string>): void {
  if (files.has(file)) return;
  files.add(file);
  if (!existsSync(file)) return;
  const parents = /"extends"\s*:\s*(\[[^\]]*\]|"[^"]*")/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  for (const [, parent = ''] of parents.matchAll(/"([^"]*)"/g)) {
    const extended = resolveConfiguration(parent, file);
    if (extended !== undefined) addConfigurationChain(extended, files);
  }
}

function resolveConfiguration(parent: string, from: string): string | undefined {
  if (/^\.{0,2}\//.test(parent)) {
    const path = join(dirname(from), parent);
    return path.endsWith('.json') ? path : `${path}.json`;
  }
  const require = createRequire(from);
  for (const request of [parent, `${parent}.json`, `${parent}/tsconfig.json`]) {
    try {
      return require.resolve(request);
    } catch {}
  }
  return undefined;
}
