import { join } from 'node:path';
import { readBuildRecord, writeBuildRecord } from './build-record.ts';
import type { Bundle } from './bundle-manifest.ts';
import { readBundleManifest } from './bundle-manifest.ts';
import { confirmInputs } from './tracked-inputs.ts';

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
  if (bundle !== undefined && inputs !== record.inputs) writeBuildRecord(stateDirectory, key, { ...record, inputs });
  return bundle;
}
