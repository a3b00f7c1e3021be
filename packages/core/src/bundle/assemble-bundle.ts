import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { BundleError } from '../errors/bundle-errors.ts';
import { writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { stubNamespace } from './bundle-packages.ts';
import type { UserCode } from './bundle-user-code.ts';
import { bundleUserCode, isInstallationRecord } from './bundle-user-code.ts';
import { loadBundledPackages } from './cached-packages.ts';
import { carryAssets } from './carried-assets.ts';
import { CodeGraph } from './code-graph.ts';
import { editCode } from './edit-code.ts';
import { ExternalContents } from './external-contents.ts';
import { fingerprintSteps } from './fingerprint-steps.ts';
import type { PackageImports } from './package-imports.ts';
import { planPackageImports } from './package-imports.ts';
import type { InstalledPackage } from './package-lookup.ts';
import { PackageLookup, placedReason } from './package-lookup.ts';
import { ParsedCode } from './parsed-code.ts';
import { findStepSites, siteEdits } from './step-sites.ts';
import { describeBundle, storeBundle } from './store-bundle.ts';
import { joinInputs, trackInputs } from './tracked-inputs.ts';

/** Builds the bundle of a module and notes what it depended on. */
export async function assembleBundle(entry: string, root: string, stateDirectory: string): Promise<Bundle> {
  const checkedAt = Date.now();
  const packages = new PackageLookup();
  const { userCode, parsed, imports, bundled } = await bundleInStages(entry, root, stateDirectory, packages);
  const assets = carryAssets(parsed, root, entry);
  const graph = new CodeGraph(parsed, assets);
  const sites = findStepSites(parsed, graph.units);
  const externals = [...userCode.externals, ...bundled.externals];
  const patches = findPatches(root);
  const external = new ExternalContents(stateDirectory, patches.files);
  const installed = new Map(
    externals.map((one) => {
      const found = packages.withDependencies(one);
      return [one.directory, found.map((each) => ({ ...each, contentHash: external.hashOf(each) }))] as const;
    }),
  );
  external.save();
  const edited = editCode(
    userCode.code,
    userCode.map,
    [...imports.edits, ...assets.edits, ...siteEdits(sites)],
    imports.banner,
  );

  const files = new Map<string, string | Uint8Array>([
    ['entry.mjs', edited.code],
    ['entry.mjs.map', edited.map],
    ...bundled.files,
    ...assets.files,
  ]);
  const manifest = describeBundle(files, {
    exports: userCode.exports,
    fingerprints: fingerprintSteps(graph, sites, {
      modules: userCode.packageModules,
      contents: bundled.contents,
      reachedExternals: bundled.reachedExternals,
      externals: installed,
    }),
    externals,
  });
  const bundle = storeBundle(stateDirectory, manifest, files, bundled.directory);
  const read = new Map([...userCode.sources, ...assets.sources]);
  const watched = externals.length === 0 ? [] : [patches.folder, ...patches.files];
  const influences = [...userCode.influences, ...assets.folders, ...manifestsToWatch(userCode, installed), ...watched];
  const inputs = trackInputs([...read.keys(), ...influences], checkedAt, read);
  writeBuildRecord(stateDirectory, entry, {
    digest: bundle.digest,
    inputs: joinInputs(inputs, bundled.inputs),
  });
  return bundle;
}

/** Where `patch-package` keeps them: what it does to packages leaves no trace in the record of the installation. */
function findPatches(root: string): { readonly folder: string; readonly files: readonly string[] } {
  const folder = join(root, 'patches');
  if (!existsSync(folder)) return { folder, files: [] };
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return { folder, files: names.map(({ name }) => join(folder, name)).sort() };
}

/** Where a record of the installation says that one has changed, one file stands for hundreds. */
function manifestsToWatch(
  { influences }: UserCode,
  installed: ReadonlyMap<string, readonly InstalledPackage[]>,
): readonly string[] {
  if (influences.some((path) => isInstallationRecord(path) && existsSync(path))) return [];
  return [...installed.values()].flat().map(({ directory }) => join(directory, 'package.json'));
}

/** First the user's own modules, then the packages that these import. Again where a package turns out to be one that must stay outside. */
async function bundleInStages(entry: string, root: string, stateDirectory: string, packages: PackageLookup) {
  for (;;) {
    const userCode = await bundleUserCode(entry, root, packages);
    const parsed = new ParsedCode(userCode);
    const imports = planPackageImports(parsed, userCode.packageModules);
    const bundled = await loadBundledPackages(imports.requests, root, stateDirectory, packages).catch(
      (error: unknown) => {
        throw error instanceof BundleError ? atUserImport(error, parsed, imports, root, entry) : error;
      },
    );
    const isNews = bundled.placed.map((directory) => packages.exclude(directory, placedReason));
    if (!isNews.includes(true)) return { userCode, parsed, imports, bundled };
  }
}

/** A package's module that has no export of that name: the fault is where the user imports it. */
function atUserImport(
  error: BundleError,
  parsed: ParsedCode,
  imports: PackageImports,
  root: string,
  entry: string,
): BundleError {
  const problems = error.problems.map((problem) => {
    const [, request] = problem.place?.file.split(`${stubNamespace}:`) ?? [];
    const name = / for import "(.*)"$/.exec(problem.message)?.[1];
    const node = request === undefined || name === undefined ? undefined : imports.findImport(request, name);
    const place = node === undefined ? undefined : parsed.placeOf(node, root);
    return place === undefined ? problem : { message: problem.message, place };
  });
  return new BundleError(relative(root, entry), problems);
}
