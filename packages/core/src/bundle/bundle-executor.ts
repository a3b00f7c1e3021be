import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { coreVersion } from '../core-version.ts';
import { writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { findUnchangedBundle } from './find-bundle.ts';
import { runsFromSource } from './share-core.ts';
import { describeBundle, storeBundle } from './store-bundle.ts';
import { trackInputs } from './tracked-inputs.ts';

/** What core needs where a step is executed, each made into a file that needs no other: the program, what it starts, and what is loaded by path. */
const entries = ['execute-remotely', 'carried-core', 'watch-thread', 'end-worker', 'schema-language'];
/** By the names that they are looked for under. */
const placedFiles = {
  'entry.mjs': `export { executeRemotely } from './execute-remotely.js';\n`,
  'index.js': `export * from './carried-core.js';\n`,
  'lazy-flavor.js': `export * from './carried-core.js';\n`,
  'worker-main.js': `import { startWorker } from './carried-core.js';\nawait startWorker();\n`,
};
const key = 'executor';

/**
 * This very core as a folder that executes steps on a machine where nothing but Node is installed. Its entry exports
 * `executeRemotely`.
 */
export async function bundleExecutor({ stateDirectory }: { readonly stateDirectory: string }): Promise<Bundle> {
  const known = findUnchangedBundle(stateDirectory, key);
  if (known !== undefined) return known;
  const { build } = await import('esbuild');
  const root = fileURLToPath(new URL(runsFromSource ? '..' : '.', import.meta.url));
  const begun = Date.now();
  const result = await build({
    entryPoints: entries.map((name) => `${root}/${name}.${runsFromSource ? 'ts' : 'js'}`),
    absWorkingDir: root,
    outdir: root,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    // Where a step is executed nothing is bundled and no project is read.
    external: ['esbuild', 'cosmiconfig', 'yaml', './load-module*', '../bundle/load-module*'],
    plugins: [leaveSchemaLanguage],
    conditions: runsFromSource ? ['mlstack-source'] : [],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const files = new Map<string, string | Uint8Array>([
    ...Object.entries(placedFiles),
    ['package.json', JSON.stringify({ type: 'module', version: coreVersion() })],
    ...result.outputFiles.map(({ path, contents }): [string, Uint8Array] => [
      path.slice(resolve(root).length + 1).replaceAll('\\', '/'),
      contents,
    ]),
  ]);
  const manifest = describeBundle(files, { exports: ['executeRemotely'], fingerprints: {}, externals: [] });
  const bundle = storeBundle(stateDirectory, manifest, files);
  const sources = Object.keys(result.metafile.inputs).map((path) => resolve(root, path));
  writeBuildRecord(stateDirectory, key, { digest: bundle.digest, inputs: trackInputs(sources, begun) });
  return bundle;
}

/** It is most of all bytes, and most steps need none of it. */
const leaveSchemaLanguage: Plugin = {
  name: 'leave-schema-language',
  setup(build) {
    build.onResolve({ filter: /\/schema-language(\.|-|$)/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './schema-language.js', external: true } : undefined,
    );
  },
};
