import { join } from 'node:path';
import type { Bundle } from './bundle-manifest.ts';
import { readBundleManifest } from './bundle-manifest.ts';

/** Nothing where no bundle of that digest is on this machine. */
export function findBundle(stateDirectory: string, digest: string): Bundle | undefined {
  const directory = join(stateDirectory, 'bundles', digest);
  try {
    return { digest, directory, manifest: readBundleManifest(directory) };
  } catch {
    return undefined;
  }
}
