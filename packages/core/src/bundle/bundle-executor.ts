import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coreVersion } from '../core-version.ts';
import { writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { findUnchangedBundle } from './find-bundle.ts';
import { runsFromSource } from './share-core.ts';
import { describeBundle, storeBundle } from './store-bundle.ts';
import { trackInputs } from './tracked-inputs.ts';

/** What core needs where a step is executed: the program, what it starts, and what the entry points that bundles import are made of. */
const entries = [
  'execute-remotely',
  'worker-main',
  'watch-thread',
  'end-worker',
  'index',
  'lazy-flavor',
  'schema-language',
];
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
    chunkNames: 'chunk-[hash]',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.18',
    // Where a step is executed nothing is bundled and no project is read.
    external: ['esbuild', 'cosmiconfig', 'yaml', './load-module*', '../bundle/load-module*'],
    conditions: runsFromSource ? ['mlstack-source'] : [],
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
  const files = new Map<string, string | Uint8Array>([
    ['entry.mjs', `export { executeRemotely } from './execute-remotely.js';\n`],
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
