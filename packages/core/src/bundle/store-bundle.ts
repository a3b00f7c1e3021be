import { join } from 'node:path';
import type { Bundle, BundledExternal, BundledFile, BundleManifest } from './bundle-manifest.ts';
import { replaceFile, writeContentFolder } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import { findBundle, noteUse } from './find-bundle.ts';
import type { InstalledPackage } from './package-lookup.ts';

/** What `files` are as a bundle, with its digest. */
export function describeBundle(
  contents: ReadonlyMap<string, string | Uint8Array>,
  facts: Pick<BundleManifest, 'exports' | 'fingerprints'> & { readonly externals: readonly InstalledPackage[] },
): BundleManifest {
  const externals = listExternals(facts.externals);
  const files = [...contents]
    .map(([path, content]): BundledFile => ({ path, size: Buffer.byteLength(content), sha256: hashText(content) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const portable = { ...facts, externals: externals.map(({ directory: _, ...external }) => external), files };
  const digest = hashText(JSON.stringify(portable));
  return { formatVersion: 1, digest, entry: 'entry.mjs', ...facts, externals, files };
}

/** Puts a bundle where it is looked for, durable; one that is there already stays. @param twin see writeContentFolder */
export function storeBundle(
  stateDirectory: string,
  manifest: BundleManifest,
  files: ReadonlyMap<string, string | Uint8Array>,
  twin?: string,
): Bundle {
  const { digest } = manifest;
  const text = JSON.stringify(manifest);
  const directory = join(stateDirectory, 'bundles', digest);
  if (findBundle(stateDirectory, digest) === undefined) {
    writeContentFolder(directory, new Map([...files, ['bundle.json', text]]), twin);
  }
  const bundle = findBundle(stateDirectory, digest);
  noteUse({ directory });
  // The same code, whose external packages have been installed elsewhere since.
  if (JSON.stringify(bundle?.manifest) !== text) replaceFile(join(directory, 'bundle.json'), text);
  return { digest, directory, manifest };
}

function listExternals(packages: readonly InstalledPackage[]): readonly BundledExternal[] {
  const byDirectory = new Map(packages.map((found) => [found.directory, found]));
  return [...byDirectory.values()]
    .map(({ name, version, directory, unbundlable = '' }) => ({ name, version, directory, reason: unbundlable }))
    .sort((a, b) => (a.directory < b.directory ? -1 : 1));
}
