import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { readBuildRecord, writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { readBundleManifest } from './bundle-manifest.ts';
import { confirmInputs } from './tracked-inputs.ts';

const noteUseAfterMs = 10 * 60 * 1000;

/** Nothing where no bundle of that digest is on this machine. */
export function findBundle(stateDirectory: string, digest: string): Bundle | undefined {
  const directory = join(stateDirectory, 'bundles', digest);
  try {
    return { digest, directory, manifest: readBundleManifest(directory) };
  } catch {
    return undefined;
  }
}

/** What an earlier build of the same thing gave; nothing where one of its inputs has changed since. */
export function findUnchangedBundle(stateDirectory: string, key: string): Bundle | undefined {
  const record = readBuildRecord(stateDirectory, key);
  if (record === undefined) return undefined;
  const inputs = confirmInputs(record.inputs);
  if (inputs === undefined) return undefined;
  const bundle = findBundle(stateDirectory, record.digest);
  if (bundle === undefined) return undefined;
  if (inputs !== record.inputs) writeBuildRecord(stateDirectory, key, { ...record, inputs });
  noteUse(bundle);
  return bundle;
}

/** Pruning goes by the time of a bundle's folder. */
export function noteUse({ directory }: Pick<Bundle, 'directory'>): void {
  try {
    const now = Date.now();
    if (now - statSync(directory).mtimeMs > noteUseAfterMs) utimesSync(directory, now / 1000, now / 1000);
  } catch {
    // A folder that cannot be written is not pruned either.
  }
}
