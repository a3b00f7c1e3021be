import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readBundleManifest } from './bundle-manifest.ts';
import { shareExternals } from './share-core.ts';

/**
 * Runs the code of a bundle in this process, with `@mlstack/core` shared.
 *
 * @returns the exports of the user's file. @throws what the code throws; `mapStack` turns its stack into the user's lines.
 */
export async function importBundle(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const manifest = readBundleManifest(directory);
  shareExternals(directory, manifest.externals);
  return await import(pathToFileURL(join(directory, manifest.entry)).href);
}
