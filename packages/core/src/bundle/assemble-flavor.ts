import { realpathSync } from 'node:fs';
import { writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { loadBundledPackages } from './cached-packages.ts';
import { PackageLookup, placedReason } from './package-lookup.ts';
import { describeBundle, storeBundle } from './store-bundle.ts';

export interface FlavorAssembly {
  /** The definition's module. */
  readonly file: string;
  readonly exportName: string;
  /** The package's folder. */
  readonly directory: string;
  readonly stateDirectory: string;
  /** Of the build's record. */
  readonly key: string;
}

export async function assembleFlavor({
  file,
  exportName,
  directory,
  stateDirectory,
  key,
}: FlavorAssembly): Promise<Bundle> {
  const request = {
    file: realpathSync(file),
    name: 'flavor',
    names: [exportName],
    namespace: false,
    star: false,
    require: false,
  };
  const own = realpathSync(directory);
  const packages = new PackageLookup();
  const load = () => loadBundledPackages([request], own, stateDirectory, packages);
  let bundled = await load();
  // The flavor's own package knows that it is bundled; one that it imports may not.
  while (bundled.placed.map((found) => found !== own && packages.exclude(found, placedReason)).includes(true)) {
    bundled = await load();
  }
  const files = new Map<string, string | Uint8Array>([
    ['entry.mjs', `export { ${exportName} } from './packages/flavor.mjs';\n`],
    ...bundled.files,
  ]);
  const manifest = describeBundle(files, { exports: [exportName], fingerprints: {}, externals: bundled.externals });
  const bundle = storeBundle(stateDirectory, manifest, files, bundled.directory);
  writeBuildRecord(stateDirectory, key, { digest: bundle.digest, inputs: bundled.inputs });
  return bundle;
}
