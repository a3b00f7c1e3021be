import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the scripts read from a package's package.json. */
export interface PackageManifest {
  name: string;
  version: string;
  private?: boolean;
  exports?: Record<string, string | { 'mlstack-source'?: string; types: string; default: string }>;
  bin?: Record<string, string>;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  mlstack?: { flavors: { module: string }[] };
  oclif?: { commands?: unknown };
  'mlstack-build'?: {
    /** Globs of sources that are built though nothing exports them. */
    programs?: string[];
    /** Dependencies that are bundled all the same. */
    bundle?: string[];
    /** The bundle holds CommonJS, which needs `require` and `__dirname`. */
    commonJs?: boolean;
    /** Packages replaced by a file of the package. */
    alias?: Record<string, string>;
  };
}

export function readManifest(directory: string): PackageManifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
