import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '../core-version.ts';
import type { BundledPackages, PackageRequest } from './bundle-packages.ts';
import { writeContentFolder } from './content-folder.ts';
import { hashText } from './content-hash.ts';
import type { InstalledPackage, PackageLookup } from './package-lookup.ts';
import type { TrackedInputs } from './tracked-inputs.ts';
import { confirmInputs, trackInputs } from './tracked-inputs.ts';

/** Packages bundled for a set of requests, from the cache where their files are what they were. */
export interface CachedPackages extends Omit<BundledPackages, 'sources'> {
  readonly inputs: TrackedInputs;
  /** Holds `files` at their paths and never changes; absent where nothing was asked for. */
  readonly directory?: string;
}

interface PackagesRecord {
  readonly inputs: TrackedInputs;
  readonly externals: readonly InstalledPackage[];
  readonly placed: readonly string[];
  readonly contents: readonly (readonly [string, Readonly<Record<string, string>>])[];
  readonly reachedExternals: readonly (readonly [string, readonly string[]])[];
}

const recordFile = 'packages.json';

const kept = 16;
const keptForMs = 24 * 60 * 60 * 1000;

export async function loadBundledPackages(
  requests: readonly PackageRequest[],
  root: string,
  stateDirectory: string,
  packages: PackageLookup,
): Promise<CachedPackages> {
  const none: CachedPackages = {
    files: new Map(),
    externals: [],
    placed: [],
    contents: new Map(),
    reachedExternals: new Map(),
    inputs: { files: [], checkedAt: Number.MAX_SAFE_INTEGER },
  };
  if (requests.length === 0) return none;
  const folder = join(stateDirectory, 'cache', 'packages');
  const key = hashText(JSON.stringify([coreVersion(), root, requests, packages.excluded]));
  const known = readCached(folder, key);
  if (known !== undefined) return known;

  const { bundlePackages } = await import('./bundle-packages.ts');
  const checkedAt = Date.now();
  const { sources, ...bundled } = await bundlePackages(requests, root, packages);
  const inputs = trackInputs(sources, checkedAt);
  const { externals, placed } = bundled;
  const record: PackagesRecord = {
    inputs,
    externals,
    placed,
    contents: [...bundled.contents],
    reachedExternals: [...bundled.reachedExternals],
  };
  const text = JSON.stringify(record);
  // Each state of the packages has a folder of its own: one that another process reads is never changed.
  const directory = join(folder, `${key}-${hashText(text).slice(0, 16)}`);
  writeContentFolder(directory, new Map<string, string | Uint8Array>([...bundled.files, [recordFile, text]]));
  removeUnused(folder);
  return { ...bundled, inputs, directory };
}

function readCached(folder: string, key: string): CachedPackages | undefined {
  for (const name of list(folder).filter((entry) => entry.startsWith(key))) {
    try {
      const directory = join(folder, name);
      const record: PackagesRecord = JSON.parse(readFileSync(join(directory, recordFile), 'utf8'));
      const inputs = confirmInputs(record.inputs);
      if (inputs === undefined) continue;
      const paths = list(join(directory, 'packages')).map((path) => `packages/${path}`);
      const files = new Map(paths.map((path) => [path, readFileSync(join(directory, path))]));
      const [contents, reachedExternals] = [new Map(record.contents), new Map([...record.reachedExternals])];
      return { ...record, files, contents, reachedExternals, inputs, directory };
    } catch {}
  }
  return undefined;
}

/** Packages change seldom: what was made long ago, and is not among the newest, belongs to code that has gone. */
function removeUnused(folder: string): void {
  const entries = list(folder)
    .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name), { throwIfNoEntry: false }) }))
    .sort((a, b) => (b.stat?.mtimeMs ?? 0) - (a.stat?.mtimeMs ?? 0));
  for (const { path, stat } of entries.slice(kept)) {
    if (stat !== undefined && Date.now() - stat.mtimeMs > keptForMs) rmSync(path, { recursive: true, force: true });
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
