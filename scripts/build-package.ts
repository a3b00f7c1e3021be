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
 * the entries, so that `new URL('./worker-main.js', import.meta.url)` is right in whatever chunk it ends up in.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';
import type { PackageManifest } from './package-manifest.ts';
import { readManifest } from './package-manifest.ts';

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

function bundleOptions(manifest: PackageManifest, directory: string, outdir: string): BuildOptions {
  const { bundle = [], commonJs = false, alias = {}, replace = {} } = manifest['mlstack-build'] ?? {};
  const external = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  return {
    absWorkingDir: directory,
    entryPoints: listEntryPoints(manifest, directory),
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    external: external.filter((name) => !bundle.includes(name)),
    alias: Object.fromEntries(Object.entries(alias).map(([name, file]) => [name, resolve(directory, file)])),
    plugins: [replaceFiles(replace, directory)],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    ...(commonJs ? { banner: { js: commonJsBanner } } : {}),
    logLevel: 'warning',
  };
}

function replaceFiles(replacements: Record<string, string>, directory: string): Plugin {
  return {
    name: 'replace-files',
    setup({ onLoad }) {
      for (const [end, file] of Object.entries(replacements)) {
        const filter = new RegExp(`${end.replaceAll(/[.]/g, '\\.').replaceAll('/', '[\\\\/]')}$`);
        onLoad({ filter }, () => ({ contents: readFileSync(resolve(directory, file), 'utf8'), resolveDir: directory }));
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
    await build(bundleOptions(manifest, directory, next));
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
