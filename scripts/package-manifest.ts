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
    /** Sources that are loaded together, by the name of the chunk that holds them and what they import. In this order. */
    chunks?: Record<string, string[]>;
    /** The bundle holds CommonJS, which needs `require` and `__dirname`. */
    commonJs?: boolean;
    /** Packages of which a file stands in the bundle. */
    alias?: Record<string, string>;
    /** Single files of packages, by the end of their path, in whose place another stands in the bundle. */
    replace?: Record<string, string>;
  };
}

export function readManifest(directory: string): PackageManifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
}
