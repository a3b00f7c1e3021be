import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlavorPackage } from '@mlstack/core/project';
import { discoverFlavors } from '@mlstack/core/project';
import { listReservedWords } from './command-index.ts';
import { flavorHost } from './flavor-host.ts';

/** A package whose commands cannot be used, and why. */
export interface UnavailableCommands {
  readonly package: string;
  /** What its commands would begin with. */
  readonly topics: readonly string[];
  readonly message: string;
}

/** A flavor package that has commands. */
export interface CommandPackage {
  readonly package: FlavorPackage;
  /** What its commands may begin with. */
  readonly topics: readonly string[];
  /** A line of help for each word that its commands do begin with. */
  readonly summaries: ReadonlyMap<string, string>;
}

export interface FlavorCommands {
  readonly packages: readonly CommandPackage[];
  readonly problems: readonly UnavailableCommands[];
}

/**
 * The commands of installed flavor packages, as their `oclif.manifest.json` lists them; no code of theirs runs. One that is broken,
 * or that claims a word of mlstack's own or of another package, is left out and hides no other.
 */
export function findFlavorCommands(directory = process.cwd()): FlavorCommands {
  const packages: CommandPackage[] = [];
  const problems: UnavailableCommands[] = [];
  const owners = new Map([...listReservedWords()].map((word) => [word, 'mlstack itself']));
  for (const flavorPackage of discoverFlavors({ directory, host: flavorHost }).packages) {
    if (!bringsCommands(flavorPackage)) continue;
    const topics = ownTopics(flavorPackage);
    const found = readSummaries(flavorPackage);
    const problem = typeof found === 'string' ? found : findClaim([...found.keys()], topics, owners);
    if (problem !== undefined || typeof found === 'string') {
      problems.push({ package: flavorPackage.name, topics, message: problem ?? '' });
      continue;
    }
    packages.push({ package: flavorPackage, topics, summaries: found });
    for (const word of found.keys()) owners.set(word, flavorPackage.name);
  }
  return { packages, problems };
}

interface ManifestCommand {
  readonly id: string;
  readonly summary?: string;
  readonly description?: string;
  readonly aliases?: readonly string[];
  readonly hiddenAliases?: readonly string[];
}

function bringsCommands({ packageJson }: FlavorPackage): boolean {
  const { oclif } = packageJson;
  return typeof oclif === 'object' && oclif !== null && 'commands' in oclif;
}

/** A package's commands live under the names of its flavors or under its own. */
function ownTopics({ name, flavors }: FlavorPackage): string[] {
  const own = name.replace(/^@[^/]+\//, '');
  return [...new Set([...flavors.map((flavor) => flavor.name), own, own.replace(/^(mlstack-)?flavor-/, '')])];
}

/** First words with their summaries, or what is wrong with the manifest. */
function readSummaries({ name, directory, version, packageJson }: FlavorPackage): Map<string, string> | string {
  const file = join(directory, 'oclif.manifest.json');
  if (!existsSync(file)) return 'its commands are unavailable: it ships no oclif.manifest.json';
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    if (manifest.version !== version) {
      return `its commands are unavailable: its oclif.manifest.json is of version ${manifest.version}, the package of ${version}`;
    }
    const { topics = {} } = packageJson.oclif as { topics?: Record<string, { description?: string } | undefined> };
    const summaries = new Map<string, string>();
    for (const [id, command] of Object.entries(manifest.commands as Record<string, ManifestCommand>)) {
      for (const text of [id, command.id, ...(command.aliases ?? []), ...(command.hiddenAliases ?? [])]) {
        const [word = ''] = text.split(/[: ]/);
        const isWhole = word === text;
        const summary = isWhole ? (command.summary ?? command.description) : topics[word]?.description;
        if (isWhole || !summaries.has(word)) summaries.set(word, summary?.split('\n')[0] ?? `Commands of ${name}`);
      }
    }
    return summaries;
  } catch (error) {
    return `its commands are unavailable: its oclif.manifest.json cannot be read (${(error as Error).message})`;
  }
}

function findClaim(
  words: readonly string[],
  topics: readonly string[],
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const word = words.find((one) => owners.has(one) || !topics.includes(one));
  if (word === undefined) return undefined;
  const owner = owners.get(word);
  return owner === undefined
    ? `its commands are left out: "${word}" is neither the package's name nor one of its flavors (${topics.join(', ')})`
    : `its commands are left out: "${word}" belongs to ${owner}`;
}
