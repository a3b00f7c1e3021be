import { posix } from 'node:path';
import { isComponentType } from '../component/component-types.ts';
import { quoteText } from '../name.ts';
import type { FlavorManifestEntry } from './flavor-manifest.ts';

export interface ParsedManifest {
  readonly flavors: readonly FlavorManifestEntry[];
  /** What is wrong with the manifest as a whole or with one entry, which is then left out. */
  readonly problems: readonly string[];
}

/** Reads the `mlstack` field of a package.json. Checked by hand: listing flavors must not wait for a schema library. */
export function parseFlavorManifest(value: unknown): ParsedManifest {
  if (!isObject(value)) return { flavors: [], problems: ['its "mlstack" field is not an object'] };
  if (value.manifestVersion !== 1) {
    const problem =
      typeof value.manifestVersion === 'number' && value.manifestVersion > 1
        ? `its manifestVersion is ${value.manifestVersion}, and this mlstack knows 1: update mlstack`
        : 'its manifestVersion is not 1';
    return { flavors: [], problems: [problem] };
  }
  if (!Array.isArray(value.flavors)) return { flavors: [], problems: ['its "flavors" is not a list'] };
  const flavors: FlavorManifestEntry[] = [];
  const problems: string[] = [];
  for (const [index, entry] of value.flavors.entries()) {
    const problem = findEntryProblem(entry, flavors);
    if (problem === undefined) flavors.push(entry as FlavorManifestEntry);
    else problems.push(`flavors[${index}]: ${problem}`);
  }
  return { flavors, problems };
}

function findEntryProblem(entry: unknown, earlier: readonly FlavorManifestEntry[]): string | undefined {
  if (!isObject(entry)) return 'is not an object';
  const missing = ['type', 'name', 'module', 'export', 'summary'].filter((key) => typeof entry[key] !== 'string');
  if (missing.length > 0) return `${missing.join(', ')} must be text`;
  const { type, name, module } = entry as unknown as FlavorManifestEntry;
  if (!isComponentType(type)) return `this mlstack knows no component type ${quoteText(type)}`;
  if (!isFlavorName(name)) return `${quoteText(name)} is no flavor name: lower-case letters, digits and hyphens`;
  if (!isInsidePackage(module))
    return `module ${quoteText(module)} must be a path inside the package, as in ./dist/${type}.js`;
  if (earlier.some((other) => other.type === type && other.name === name)) return `names ${type}/${name} a second time`;
  return undefined;
}

/** Flavor names become parts of commands and of settings keys. */
export function isFlavorName(text: string): boolean {
  return /^[a-z][a-z0-9-]{0,62}$/.test(text);
}

function isInsidePackage(module: string): boolean {
  return module.startsWith('./') && !posix.normalize(module).startsWith('..') && !/[\\\0]/.test(module);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
