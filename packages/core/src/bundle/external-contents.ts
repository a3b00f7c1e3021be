import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { coreVersion } from '../core-version.ts';
import { replaceFile } from './content-folder.ts';
import { hashFile, hashText } from './content-hash.ts';
import { readFileStamp } from './file-stamp.ts';
import type { InstalledPackage } from './package-lookup.ts';

interface KnownContent {
  /** Of its folder, its manifest and the patches: an installation or a patch changes it. */
  readonly stamp: string;
  readonly hash: string;
}

/** Larger files count by their size: they are binaries, which have versions of their own. */
const largestHashedBytes = 1024 * 1024;

/**
 * What is in packages that stay outside of bundles, each looked at once for each installation. Their versions do not tell one commit, archive or
 * patch from another.
 */
export class ExternalContents {
  readonly #file: string;
  readonly #patches: string;
  readonly #known: Map<string, KnownContent>;
  #isNews = false;

  /** @param patches of packages, as paths of files. */
  constructor(stateDirectory: string, patches: readonly string[]) {
    this.#file = join(stateDirectory, 'cache', 'externals.json');
    this.#patches = hashText(patches.map((path) => `${path} ${hashFile(path)}`).join('\n'));
    this.#known = readKnown(this.#file);
  }

  hashOf({ directory }: InstalledPackage): string {
    const stamps = [directory, join(directory, 'package.json')].map((path) => readFileStamp(path)?.text);
    const stamp = [coreVersion(), ...stamps, this.#patches].join(' ');
    const known = this.#known.get(directory);
    if (known?.stamp === stamp) return known.hash;
    const hash = hashText(listContents(directory).join('\n'));
    this.#known.set(directory, { stamp, hash });
    this.#isNews = true;
    return hash;
  }

  /** For later builds. */
  save(): void {
    if (!this.#isNews) return;
    const found = [...this.#known].filter(([directory]) => existsSync(directory));
    replaceFile(this.#file, JSON.stringify(Object.fromEntries(found)));
  }
}

function readKnown(file: string): Map<string, KnownContent> {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));
  } catch {
    return new Map();
  }
}

/** Without packages of its own, which count apart, and without what was compiled here. */
function listContents(directory: string): string[] {
  const skipped = new Set(['node_modules', ...(existsSync(join(directory, 'binding.gyp')) ? ['build'] : [])]);
  const lines: string[] = [];
  const list = (folder: string, name: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (name === '' && skipped.has(entry.name)) continue;
      const path = join(folder, entry.name);
      const inside = `${name}${entry.name}`;
      if (entry.isDirectory()) list(path, `${inside}/`);
      else if (entry.isSymbolicLink()) lines.push(`${inside} → ${readlinkSync(path)}`);
      else if (entry.isFile()) lines.push(`${inside} ${contentOf(path)}`);
    }
  };
  list(directory, '');
  return lines.sort();
}

function contentOf(path: string): string {
  const { size } = statSync(path);
  return size > largestHashedBytes ? `${size} bytes` : (hashFile(path) ?? '');
}
