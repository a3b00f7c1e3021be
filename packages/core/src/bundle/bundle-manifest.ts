import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Identity of the code that a step can reach. */
export interface StepFingerprint {
  /** Lower-case hex; follows from `parts` alone. */
  readonly sha256: string;
  /**
   * What it is made of: `code` (the definition of the step itself), `src/helpers.ts#normalise` (a declaration it reaches),
   * `zod@4.6.7` (a package), `asset data/digits.csv` (a file), each with its SHA-256.
   */
  readonly parts: Readonly<Record<string, string>>;
  /** Why that is not all: `reaches createRequire, …`, to follow the step's name. */
  readonly uncached?: string;
}

/** A package that is left out of the bundle and must be installed wherever the bundle runs. */
export interface BundledExternal {
  readonly name: string;
  readonly version: string;
  /** Where it is installed on this machine, absolute. No part of the bundle's digest. */
  readonly directory: string;
  /** Why it was left out, as in `has native code (binding.gyp)`. */
  readonly reason: string;
}

export interface BundledFile {
  /** Relative to the bundle's folder, with forward slashes. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** `bundle.json`: what is in a bundle's folder. */
export interface BundleManifest {
  readonly formatVersion: 1;
  /** SHA-256 over everything here but the folders of `externals`: the same code gives the same digest on every machine. */
  readonly digest: string;
  /** The module to import, with the exports of the user's own file. */
  readonly entry: 'entry.mjs';
  /** What the entry exports, sorted. */
  readonly exports: readonly string[];
  /** By the site of a `step({…})` call: `src/steps.ts#trainModel`. The call itself carries its site as a hidden second argument. */
  readonly fingerprints: Readonly<Record<string, StepFingerprint>>;
  readonly externals: readonly BundledExternal[];
  /** All files but this one, sorted by path. Those under `assets/` are the user's data. */
  readonly files: readonly BundledFile[];
}

/** User code with everything it imports, as files of one folder that no longer change. */
export interface Bundle {
  readonly digest: string;
  /** Absolute. */
  readonly directory: string;
  readonly manifest: BundleManifest;
}

const manifestFile = 'bundle.json';

/** @throws the file system's error where there is no bundle. */
export function readBundleManifest(directory: string): BundleManifest {
  return JSON.parse(readFileSync(join(directory, manifestFile), 'utf8')) as BundleManifest;
}
