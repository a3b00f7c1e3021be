import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import type { OnResolveArgs, Plugin, PluginBuild } from 'esbuild';
import { hashFile, hashText } from './content-hash.ts';
import { bundleErrorOf, isBuildFailure } from './esbuild-problems.ts';
import type { InstalledPackage, PackageLookup } from './package-lookup.ts';
import { runsFromSource, sharedEntryPoints } from './share-core.ts';

/** What user code wants of one module of a package. */
export interface PackageRequest {
  /** Absolute. */
  readonly file: string;
  /** The bundled file is named for it: `packages/zod.mjs`. Unique among the requests of one build. */
  readonly name: string;
  /** Exports that are imported by name, sorted; only these are kept. */
  readonly names: readonly string[];
  /** The module's namespace object is wanted, as `namespaceExport`. */
  readonly namespace: boolean;
  /** All its exports are passed on. */
  readonly star: boolean;
  /** CommonJS code requires it, by a function exported as `requireExport`. */
  readonly require: boolean;
}

/** Name under which a bundled package module gives its namespace object. */
export const namespaceExport = '__namespace';
/** Name of the function that gives what `require` would. */
export const requireExport = '__require';

/** Packages bundled apart from the code that uses them, so that an edit of that code leaves them alone. */
export interface BundledPackages {
  /** By path relative to the bundle's folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly externals: readonly InstalledPackage[];
  /** Absolute paths of the package files that were read, with each package's package.json. */
  readonly sources: readonly string[];
  /** Folders of packages whose code asks for its own place and so would not find its files in a bundle. */
  readonly placed: readonly string[];
  /** By request file: the packages that it reaches, itself included, with a SHA-256 over the contents of their reached files. */
  readonly contents: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** By request file: sorted folders of the external packages that it reaches. */
  readonly reachedExternals: ReadonlyMap<string, readonly string[]>;
}

/** Where bundled code asks for `require`, Node's own is given. */
export const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

export const stubNamespace = 'mlstack-package';

export async function bundlePackages(
  requests: readonly PackageRequest[],
  root: string,
  packages: PackageLookup,
): Promise<BundledPackages> {
  const { build } = await import('esbuild');
  const externals = new ImportedExternals();
  const result = await build({
    entryPoints: requests.map(({ name }) => ({ in: `${stubNamespace}:${name}`, out: `packages/${name}` })),
    absWorkingDir: root,
    outdir: root,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'packages/chunk-[hash]',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    conditions: runsFromSource ? ['mlstack-source'] : [],
    banner: { js: requireBanner },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [servePackages(requests, packages, externals)],
  }).catch((error: unknown) => {
    throw isBuildFailure(error) ? bundleErrorOf(requests.map(({ name }) => name).join(', '), error.errors) : error;
  });
  const inputs = new PackageInputs(result.metafile.inputs, root, packages);
  const reached = requests.map(({ file, name }) => [file, inputs.reachedFrom(`${stubNamespace}:${name}`)] as const);
  return {
    files: new Map(
      result.outputFiles.map(({ path, contents }) => [path.slice(root.length + 1).replaceAll('\\', '/'), contents]),
    ),
    externals: externals.all,
    sources: [...inputs.sources(), ...externals.all.map(({ directory }) => join(directory, 'package.json'))],
    placed: inputs.placed(Object.values(result.metafile.outputs).flatMap((output) => keptIn(output.inputs))),
    contents: new Map(reached.map(([file, paths]) => [file, inputs.contentsOf(paths)])),
    reachedExternals: new Map(
      reached.map(([file, paths]) => [file, externals.importedBy(paths.map((path) => join(root, path)))]),
    ),
  };
}

function servePackages(
  requests: readonly PackageRequest[],
  packages: PackageLookup,
  externals: ImportedExternals,
): Plugin {
  const byName = new Map(requests.map((request) => [request.name, request]));

  async function resolveImport(build: PluginBuild, args: OnResolveArgs) {
    if (args.pluginData === resolving || isBuiltin(args.path)) return undefined;
    if ((sharedEntryPoints as readonly string[]).includes(args.path)) return { path: args.path, external: true };
    const { importer, resolveDir, kind, namespace } = args;
    const found = await build.resolve(args.path, { importer, resolveDir, kind, namespace, pluginData: resolving });
    // As in Node: a package whose optional dependency is missing fails when it asks for it, not before.
    if (found.errors.length > 0) return { path: args.path, external: true };
    if (found.external || found.namespace !== 'file') return undefined;
    const owner = packages.ofFile(found.path);
    if (owner?.unbundlable === undefined) return undefined;
    externals.add(importer, owner);
    return { path: args.path, external: true };
  }

  return {
    name: 'mlstack-packages',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${stubNamespace}:`) }, ({ path }) => ({
        path: path.slice(stubNamespace.length + 1),
        namespace: stubNamespace,
      }));
      build.onLoad({ filter: /.*/, namespace: stubNamespace }, ({ path }) => {
        const request = byName.get(path);
        return request === undefined ? null : { contents: stubText(request), resolveDir: dirname(request.file) };
      });
      build.onResolve({ filter: /^[^./\\]/, namespace: 'file' }, (args) => resolveImport(build, args));
    },
  };
}

function stubText({ file, names, namespace, star, require }: PackageRequest): string {
  const from = JSON.stringify(file);
  return [
    names.length === 0 && !namespace && !star && !require ? `import ${from};` : '',
    names.length > 0 ? `export { ${names.map(exportName).join(', ')} } from ${from};` : '',
    namespace ? `import * as namespace from ${from};\nexport { namespace as ${namespaceExport} };` : '',
    star ? `export * from ${from};` : '',
    require ? `export function ${requireExport}() { return require(${from}); }` : '',
  ].join('\n');
}

function exportName(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? name : JSON.stringify(name);
}

const resolving = Symbol('resolving');

type MetafileInputs = Readonly<Record<string, { readonly imports: readonly { readonly path: string }[] }>>;

/** The packages that stay outside of the bundle, and which files in it import them. */
class ImportedExternals {
  readonly #packages = new Map<string, InstalledPackage>();
  readonly #byImporter = new Map<string, Set<string>>();

  add(importer: string, external: InstalledPackage): void {
    this.#packages.set(external.directory, external);
    const directories = this.#byImporter.get(importer) ?? new Set();
    this.#byImporter.set(importer, directories.add(external.directory));
  }

  get all(): readonly InstalledPackage[] {
    return [...this.#packages.values()];
  }

  importedBy(files: readonly string[]): readonly string[] {
    return [...new Set(files.flatMap((file) => [...(this.#byImporter.get(file) ?? [])]))].sort();
  }
}

/** Which package files a module reaches, and what is in them. */
class PackageInputs {
  readonly #inputs: MetafileInputs;
  readonly #root: string;
  readonly #packages: PackageLookup;
  readonly #hashes = new Map<string, string>();

  constructor(inputs: MetafileInputs, root: string, packages: PackageLookup) {
    this.#inputs = inputs;
    this.#root = root;
    this.#packages = packages;
  }

  sources(): readonly string[] {
    const files = this.#files(Object.keys(this.#inputs)).map(([, file]) => file);
    const manifests = files
      .map((file) => this.#packages.ofFile(file)?.directory)
      .filter((found) => found !== undefined);
    return [...files, ...new Set(manifests.map((directory) => join(directory, 'package.json')))];
  }

  reachedFrom(stub: string): readonly string[] {
    const reached = new Set([stub]);
    for (const path of reached) for (const next of this.#inputs[path]?.imports ?? []) reached.add(next.path);
    return [...reached];
  }

  contentsOf(paths: readonly string[]): Readonly<Record<string, string>> {
    const perPackage = new Map<string, string[]>();
    for (const [path, file] of this.#files(paths)) {
      const owner = this.#packages.ofFile(file);
      const key = owner === undefined ? path : `${owner.name}@${owner.version}`;
      const inside = owner === undefined ? path : file.slice(owner.directory.length).replaceAll('\\', '/');
      const lines = perPackage.get(key) ?? [];
      perPackage.set(key, lines);
      lines.push(`${inside} ${this.#hash(file)}`);
    }
    return Object.fromEntries([...perPackage].sort().map(([key, lines]) => [key, hashText(lines.sort().join('\n'))]));
  }

  placed(kept: readonly string[]): readonly string[] {
    const directories = this.#files([...new Set(kept)])
      .filter(([, file]) => asksForItsPlace(readFileSync(file, 'utf8')))
      .map(([, file]) => this.#packages.ofFile(file)?.directory);
    return [...new Set(directories.filter((directory) => directory !== undefined))].sort();
  }

  #files(paths: readonly string[]): (readonly [string, string])[] {
    return paths
      .filter((path) => this.#inputs[path] !== undefined && !/^[a-z-]{2,}:/.test(path))
      .map((path) => [path, join(this.#root, path)] as const);
  }

  #hash(file: string): string {
    let hash = this.#hashes.get(file);
    if (hash === undefined) {
      hash = hashFile(file) ?? '';
      this.#hashes.set(file, hash);
    }
    return hash;
  }
}

function keptIn(inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): readonly string[] {
  return Object.entries(inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path);
}

/** Making a `require` and asking for the kind of module need no files. */
function asksForItsPlace(code: string): boolean {
  const rest = code
    .replace(/\bcreateRequire\w*\)?\(\s*import\.meta\.url/g, '')
    .replace(/\btypeof\s+__(dirname|filename)\b/g, '')
    .replace(/^\s*(\/\/|\*).*$/gm, '');
  return /\b__dirname\b|\b__filename\b|\bimport\.meta\.(url|dirname|filename)\b/.test(rest);
}
