/**
 * Builds the package in the working directory into `dist/`: `node ../../scripts/build-package.ts`.
 *
 * What is built follows from its package.json:
 * - each subpath of `exports` that has a `mlstack-source`,
 * - each `module` of `mlstack.flavors` (`./dist/x.js` is made from `src/x.ts`),
 * - each glob of `mlstack-build.programs`: files that are not exported but started as a process or thread, or loaded by path.
 *
 * `dependencies` and `peerDependencies` are imported at run time, `devDependencies` are bundled, and so are the
 * dependencies named in `mlstack-build.bundle`, which users need for their types only. Shared chunks lie flat beside
 * the entries, so that `new URL('./worker-main.js', import.meta.url)` is right in whatever chunk it ends up in. What
 * `mlstack-build.chunks` names together is loaded together, as one file: each file costs a process that loads it a part of a millisecond.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CodeSplittingNameFunction, Plugin } from 'rolldown';
import { rolldown } from 'rolldown';
import type { PackageManifest } from './package-manifest.ts';
import { readManifest } from './package-manifest.ts';
import { formatThirdPartyNotices } from './third-party-notices.ts';

/** oclif's CommonJS inside an ES module bundle asks for these. */
const commonJsBanner = [
  `import{createRequire as __createRequire}from'node:module'`,
  `import{dirname as __pathDirname}from'node:path'`,
  `import{fileURLToPath as __urlToPath}from'node:url'`,
  'const require=__createRequire(import.meta.url),__filename=__urlToPath(import.meta.url),__dirname=__pathDirname(__filename)',
].join(';');

/** Sources of the package by the path of what is made from them, without `dist/` and `.js`. */
function listEntryPoints(manifest: PackageManifest, directory: string): Record<string, string> {
  const outputs = [
    ...Object.values(manifest.exports ?? {}).flatMap((target) => (typeof target === 'string' ? [] : [target.default])),
    ...(manifest.mlstack?.flavors ?? []).map((flavor) => flavor.module),
  ];
  const sources = [
    ...outputs.map((output) => output.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts')),
    ...globSync(manifest['mlstack-build']?.programs ?? [], { cwd: directory }).filter(
      (file) => !/\.(test|test-d)\.ts$/.test(file),
    ),
  ];
  return Object.fromEntries(
    sources.map((source) => [source.replace(/^src\//, '').replace(/\.ts$/, ''), join(directory, source)]),
  );
}

async function writeBundle(manifest: PackageManifest, directory: string, outdir: string): Promise<void> {
  const { bundle = [], chunks = {}, commonJs = false, alias = {}, replace = {} } = manifest['mlstack-build'] ?? {};
  const external = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => !bundle.includes(name),
  );
  const built = await rolldown({
    cwd: directory,
    input: listEntryPoints(manifest, directory),
    platform: 'node',
    external: (id) => external.some((name) => id === name || id.startsWith(`${name}/`)),
    resolve: {
      alias: Object.fromEntries(Object.entries(alias).map(([name, file]) => [name, resolve(directory, file)])),
    },
    transform: { target: 'node22.18' },
    plugins: [
      replaceFiles(replace, directory),
      ...(commonJs ? [requireWhenUsed()] : []),
      takeBuiltinsDirectly(),
      importChunksDirectly(),
    ],
    preserveEntrySignatures: 'allow-extension',
    // What is imported lazily in one place and statically in another is where it is needed first.
    checks: { ineffectiveDynamicImport: false },
    logLevel: 'warn',
  });
  const { output } = await built.write({
    dir: outdir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
    comments: { legal: false },
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { debugName: 'bundled packages', name: (id) => bundledPackage(id, bundle), priority: 1 },
        { debugName: 'chunks', name: nameChunks(chunks, directory) },
      ],
    },
    ...(commonJs ? { banner: ({ moduleIds }) => (moduleIds.some(isOfOclif) ? commonJsBanner : '') } : {}),
  });
  await built.close();
  const modules = output.flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
  const notices = formatThirdPartyNotices(modules);
  if (notices !== undefined) writeFileSync(join(outdir, 'THIRD-PARTY-NOTICES.txt'), notices);
}

/** A package that is bundled for its types' sake is a chunk of its own, which is loaded where it is used. */
function bundledPackage(id: string, bundle: readonly string[]): string | undefined {
  return bundle.find((name) => id.includes(`/node_modules/${name}/`));
}

/** Each chunk holds what its sources import statically, directly or not, and no earlier chunk has. */
function nameChunks(chunks: Readonly<Record<string, readonly string[]>>, directory: string): CodeSplittingNameFunction {
  let names: Map<string, string> | undefined;
  return (id, graph) => {
    names ??= new Map();
    if (names.size === 0) {
      for (const [name, sources] of Object.entries(chunks)) {
        const reached = sources.map((source) => join(directory, source));
        for (let next = reached.pop(); next !== undefined; next = reached.pop()) {
          const found = names.has(next) ? undefined : graph.getModuleInfo(next);
          if (found === undefined || found === null) continue;
          names.set(next, name);
          reached.push(...found.importedIds);
        }
      }
    }
    return names.get(id);
  };
}

function replaceFiles(replacements: Record<string, string>, directory: string): Plugin {
  return {
    name: 'replace-files',
    load(id) {
      const [, file] = Object.entries(replacements).find(([end]) => id.replaceAll('\\', '/').endsWith(end)) ?? [];
      return file === undefined ? null : readFileSync(resolve(directory, file), 'utf8');
    },
  };
}

function isOfOclif(id: string): boolean {
  return id.replaceAll('\\', '/').includes('/@oclif/core/lib/');
}

/**
 * A module of oclif requires at its top whatever it may once need: the class of a command alone brings the help, the plugins and the
 * spinners. What TypeScript has compiled names each such module `name_1`, and asks there, now, when it is first used.
 */
function requireWhenUsed(): Plugin {
  const topLevel = /^(?:const|var) (\w+_\d+) = ((?:__importDefault\()?require\("[^"]+"\)\)?);$/gm;
  return {
    name: 'require-when-used',
    transform(code, id) {
      if (!isOfOclif(id)) return null;
      const names: string[] = [];
      const asked = code.replaceAll(topLevel, (_, name: string, module: string) => {
        names.push(name);
        return `let ${name}_module; const ${name}_ask = () => (${name}_module ??= ${module});`;
      });
      return names.reduce(
        (text, name) => text.replaceAll(new RegExp(`(?<![.\\w])${name}(?!\\w)`, 'g'), `(${name}_ask())`),
        asked,
      );
    },
  };
}

/** Take milliseconds to load, and nothing is taken of them but functions. */
const functionModules = new Set(['node:crypto', 'node:fs/promises', 'node:stream/promises', 'node:zlib']);

/** What user code puts in the place of `process` before the first call is not asked. */
function takeWhenCalled(module: string, name: string): string {
  return `((ask, taken) => (...all) => (taken ??= ask(${JSON.stringify(module)}).${name})(...all))(globalThis.process.getBuiltinModule)`;
}

/**
 * An import of one of Node's modules reads everything the module exports, which loads what else Node has: milliseconds of `node:fs`,
 * `node:crypto` and `node:util` alone. Asking for the module itself gives the same and loads that alone. What is taken of
 * `functionModules` are functions, which ask for it when they are called: a process that needs none in the end never loads it.
 */
function takeBuiltinsDirectly(): Plugin {
  return {
    name: 'take-builtins-directly',
    renderChunk(code) {
      let rendered = code;
      for (const node of this.parse(code).body.toReversed()) {
        if (node.type !== 'ImportDeclaration' || !node.source.value.startsWith('node:')) continue;
        const found = `globalThis.process.getBuiltinModule(${JSON.stringify(node.source.value)})`;
        const named: string[] = [];
        const taken: string[] = [];
        for (const specifier of node.specifiers) {
          const { name } = specifier.local;
          if (specifier.type !== 'ImportSpecifier') {
            taken.push(`${name} = ${found}`);
            continue;
          }
          const imported = code.slice(specifier.imported.start, specifier.imported.end);
          const isFunction = functionModules.has(node.source.value) && /^(?!constants$)[a-z]/.test(imported);
          if (isFunction) taken.push(`${name} = ${takeWhenCalled(node.source.value, imported)}`);
          else named.push(`${imported}: ${name}`);
        }
        if (named.length > 0) taken.push(`{ ${named.join(', ')} } = ${found}`);
        const statement = taken.map((declaration) => `const ${declaration};`).join(' ');
        rendered = rendered.slice(0, node.start) + statement + rendered.slice(node.end);
      }
      return rendered;
    },
  };
}

/**
 * Each file costs whoever loads it a part of a millisecond. A module that is imported lazily and lies in a chunk with others has a
 * file of its own that exports it from there: whoever imports it asks the chunk instead. A chunk that uses nothing of the bundler's own does not import that.
 */
function importChunksDirectly(): Plugin {
  const facade = /^export\{([^}]*)\}from"\.\/([^"]+)";$/;
  return {
    name: 'import-chunks-directly',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
      const imports = new Map<string, string>();
      for (const { fileName, code, isEntry } of chunks) {
        const [, exports = '', chunk] = isEntry ? [] : (facade.exec(code.trim()) ?? []);
        if (chunk === undefined) continue;
        const pairs = exports.split(',').map((one) => one.split(' as '));
        const taken = pairs.map(([from, to = from]) => `${from}:${to}`).join();
        const given = pairs.map(([from, to = from]) => to).join();
        imports.set(`import(\`./${fileName}\`)`, `import(\`./${chunk}\`).then(({${taken}})=>({${given}}))`);
        delete bundle[fileName];
      }
      for (const chunk of chunks) {
        chunk.code = chunk.code
          .replace(/^import"\.\/rolldown-runtime-[^"]+";/m, '')
          .replaceAll(/import\(`\.\/[^`]+`\)/g, (found) => imports.get(found) ?? found);
      }
    },
  };
}

/** Lists the commands of a package with oclif commands as files, so that showing them runs no code of the package. */
async function writeCommandManifest(manifest: PackageManifest, directory: string): Promise<void> {
  if (manifest.oclif?.commands === undefined) return;
  const oclif = createRequire(join(directory, 'package.json')).resolve('@oclif/core');
  const { Plugin } = await import(pathToFileURL(oclif).href);
  const plugin = new Plugin({ root: directory, ignoreManifest: true, errorOnManifestCreate: true });
  await plugin.load();
  writeFileSync(join(directory, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
}

/** A process that uses `dist/` meanwhile sees the old build or the new one, never a part of either. */
async function buildPackage(directory: string): Promise<void> {
  const manifest = readManifest(directory);
  const [target, next, previous] = ['dist', `dist.${process.pid}.next`, `dist.${process.pid}.previous`].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  try {
    await writeBundle(manifest, directory, next);
    execFileSync('tsc', ['--project', 'tsconfig.build.json', '--outDir', next], { cwd: directory, stdio: 'inherit' });
    if (existsSync(target)) renameSync(target, previous);
    renameSync(next, target);
  } finally {
    for (const leftover of [next, previous]) rmSync(leftover, { recursive: true, force: true });
  }
  await writeCommandManifest(manifest, directory);
}

try {
  await buildPackage(process.cwd());
} catch (error) {
  // The tools have said what is wrong where.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
