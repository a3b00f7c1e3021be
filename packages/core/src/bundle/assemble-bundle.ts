import { sep } from 'node:path';
import { writeBuildRecord } from './build-record.ts';
import type { Bundle, BundledExternal, BundledFile, BundleManifest } from './bundle-manifest.ts';
import { bundleUserCode } from './bundle-user-code.ts';
import { loadBundledPackages } from './cached-packages.ts';
import { CodeGraph } from './code-graph.ts';
import { replaceFile, writeContentFolder } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import { editCode } from './edit-code.ts';
import { findBundle } from './find-bundle.ts';
import { fingerprintSteps } from './fingerprint-steps.ts';
import { planPackageImports } from './package-imports.ts';
import type { InstalledPackage } from './package-lookup.ts';
import { PackageLookup } from './package-lookup.ts';
import { ParsedCode } from './parsed-code.ts';
import { findStepSites, siteEdits } from './step-sites.ts';
import { trackInputs } from './tracked-inputs.ts';

/** Builds the bundle of a module and notes what it depended on. Both stages run: first the user's own modules, then their packages. */
export async function assembleBundle(entry: string, root: string, stateDirectory: string): Promise<Bundle> {
  const checkedAt = Date.now();
  const packages = new PackageLookup();
  const userCode = await bundleUserCode(entry, root, packages);
  const parsed = new ParsedCode(userCode);
  const imports = planPackageImports(parsed, userCode.packageModules);
  const bundled = await loadBundledPackages(imports.requests, root, stateDirectory, packages);
  const graph = new CodeGraph(parsed);
  const sites = findStepSites(parsed, graph.units, graph.imports);
  const externals = [...userCode.externals, ...bundled.externals];
  const edited = editCode(userCode.code, userCode.map, [...imports.edits, ...siteEdits(sites)], imports.banner);

  const files = new Map<string, string | Uint8Array>([
    ['entry.mjs', edited.code],
    ['entry.mjs.map', edited.map],
    ...bundled.files,
  ]);
  const manifest = describeBundle(files, {
    exports: userCode.exports,
    fingerprints: fingerprintSteps(graph, sites, {
      modules: userCode.packageModules,
      contents: bundled.contents,
      externals,
    }),
    externals: listExternals(externals),
  });
  const bundle = storeBundle(stateDirectory, manifest, files);
  const inputs = trackInputs([...userCode.sources, ...userCode.influences], checkedAt);
  writeBuildRecord(stateDirectory, entry, {
    digest: bundle.digest,
    inputs: {
      files: [...inputs.files, ...bundled.inputs.files],
      checkedAt: Math.min(checkedAt, bundled.inputs.checkedAt || checkedAt),
    },
  });
  return bundle;
}

function describeBundle(
  contents: ReadonlyMap<string, string | Uint8Array>,
  facts: Pick<BundleManifest, 'exports' | 'fingerprints' | 'externals'>,
): BundleManifest {
  const files = [...contents]
    .map(([path, content]): BundledFile => ({ path, size: Buffer.byteLength(content), sha256: hashText(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const portable = { ...facts, externals: facts.externals.map(({ directory: _, ...external }) => external), files };
  const digest = hashText(JSON.stringify(portable));
  return { formatVersion: 1, digest, entry: 'entry.mjs', ...facts, files };
}

function storeBundle(
  stateDirectory: string,
  manifest: BundleManifest,
  files: ReadonlyMap<string, string | Uint8Array>,
): Bundle {
  const { digest } = manifest;
  const text = JSON.stringify(manifest);
  const directory = `${stateDirectory}${sep}bundles${sep}${digest}`;
  if (findBundle(stateDirectory, digest) === undefined) {
    writeContentFolder(directory, new Map([...files, ['bundle.json', text]]));
  }
  const bundle = findBundle(stateDirectory, digest);
  // The same code, whose external packages have been installed elsewhere since.
  if (JSON.stringify(bundle?.manifest) !== text) replaceFile(`${directory}${sep}bundle.json`, text);
  return { digest, directory, manifest };
}

function listExternals(packages: readonly InstalledPackage[]): readonly BundledExternal[] {
  const byDirectory = new Map(packages.map((found) => [found.directory, found]));
  return [...byDirectory.values()]
    .map(({ name, version, directory, unbundlable = '' }) => ({ name, version, directory, reason: unbundlable }))
    .sort((a, b) => (a.directory < b.directory ? -1 : 1));
}
