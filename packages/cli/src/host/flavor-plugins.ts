import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FlavorPackage } from '@mlstack/core/project';
import { discoverFlavors } from '@mlstack/core/project';
import type * as Interfaces from '@oclif/core/interfaces';
import { Plugin } from '@oclif/core/config';
import { listReservedWords } from './command-index.ts';
import { flavorHost } from './flavor-host.ts';

/** A package whose commands cannot be used, and why. */
export interface UnavailableCommands {
  readonly package: string;
  /** What its commands would begin with. */
  readonly topics: readonly string[];
  readonly message: string;
}

export interface FlavorPlugins {
  readonly plugins: readonly Interfaces.Plugin[];
  readonly problems: readonly UnavailableCommands[];
}

/**
 * The commands of installed flavor packages, as their `oclif.manifest.json` lists them; no code of theirs runs, and their hooks
 * never do. One that is broken, or that claims a word of mlstack's own or of another package, is left out and hides no other.
 */
export async function loadFlavorPlugins(directory = process.cwd()): Promise<FlavorPlugins> {
  const plugins: Interfaces.Plugin[] = [];
  const problems: UnavailableCommands[] = [];
  const owners = new Map<string, string>();
  const reserved = listReservedWords();
  for (const flavorPackage of discoverFlavors({ directory, host: flavorHost }).packages) {
    if (!bringsCommands(flavorPackage)) continue;
    const topics = ownTopics(flavorPackage);
    const report = (message: string) => problems.push({ package: flavorPackage.name, topics, message });
    try {
      const manifest = readCommandManifest(flavorPackage);
      if (typeof manifest === 'string') {
        report(manifest);
        continue;
      }
      const words = firstWords(manifest);
      const foreign = words.find((word) => reserved.has(word) || !topics.includes(word) || owners.has(word));
      if (foreign !== undefined) {
        report(claimProblem(foreign, topics, reserved.has(foreign) ? 'mlstack itself' : owners.get(foreign)));
        continue;
      }
      plugins.push(await createFlavorPlugin(flavorPackage, topics));
      for (const word of words) owners.set(word, flavorPackage.name);
    } catch (error) {
      report(`its commands cannot be read: ${(error as Error).message}`);
    }
  }
  return { plugins, problems };
}

interface CommandManifest {
  readonly version: string;
  readonly commands: Readonly<
    Record<string, { readonly id: string; readonly aliases?: string[]; readonly hiddenAliases?: string[] }>
  >;
}

function bringsCommands({ packageJson }: FlavorPackage): boolean {
  const oclif = packageJson.oclif;
  return typeof oclif === 'object' && oclif !== null && 'commands' in oclif;
}

/** A package's commands live under the names of its flavors or under its own. */
function ownTopics({ name, flavors }: FlavorPackage): string[] {
  const own = name.replace(/^@[^/]+\//, '');
  return [...new Set([...flavors.map((flavor) => flavor.name), own, own.replace(/^(mlstack-)?flavor-/, '')])];
}

/** The manifest, or what is wrong with it. */
function readCommandManifest({ directory, version }: FlavorPackage): CommandManifest | string {
  const file = join(directory, 'oclif.manifest.json');
  if (!existsSync(file)) return 'its commands are unavailable: it ships no oclif.manifest.json';
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Partial<CommandManifest> | null;
  if (typeof manifest?.commands !== 'object' || manifest.commands === null) {
    return 'its commands are unavailable: its oclif.manifest.json lists none';
  }
  if (manifest.version !== version) {
    return `its commands are unavailable: its oclif.manifest.json is of version ${String(manifest.version)}, the package of ${version}`;
  }
  return manifest as CommandManifest;
}

function firstWords({ commands }: CommandManifest): string[] {
  const names = Object.entries(commands).flatMap(([id, command]) => [
    id,
    command.id,
    ...(command.aliases ?? []),
    ...(command.hiddenAliases ?? []),
  ]);
  return [...new Set(names.map((name) => String(name).split(/[: ]/)[0] ?? ''))];
}

function claimProblem(word: string, topics: readonly string[], owner: string | undefined): string {
  return owner === undefined
    ? `its commands are left out: "${word}" is neither the package's name nor one of its flavors (${topics.join(', ')})`
    : `its commands are left out: "${word}" belongs to ${owner}`;
}

async function createFlavorPlugin(
  { name, directory }: FlavorPackage,
  topics: readonly string[],
): Promise<Interfaces.Plugin> {
  const plugin = new Plugin({ name, root: directory, type: 'link' });
  await plugin.load();
  plugin.hooks = {};
  const described = plugin.topics
    .filter((topic) => topics.includes(topic.name.split(':')[0] ?? ''))
    .map(({ name: topic, description = '' }) => [topic, { description }]);
  plugin.pjson = { ...plugin.pjson, oclif: { ...plugin.pjson.oclif, topics: Object.fromEntries(described) } };
  return plugin;
}
