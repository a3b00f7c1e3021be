import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { readCliManifest } from '../cli-package.ts';
import { createBuiltInPlugin } from './built-in-plugin.ts';
import { listCommandEntries, listTopics } from './command-index.ts';
import { createConfig } from './create-config.ts';
import { createFlavorPlugin } from './create-flavor-plugin.ts';
import type { UnavailableCommands } from './flavor-commands.ts';
import { findFlavorCommands } from './flavor-commands.ts';

export interface FullConfig {
  readonly config: Config;
  /** Packages whose commands were left out. */
  readonly problems: readonly UnavailableCommands[];
}

/** All commands there are, those of installed packages among them. Runs no code of a package. */
export async function loadFullConfig(): Promise<FullConfig> {
  const { packages, problems } = findFlavorCommands();
  const plugins = await Promise.all(packages.map(createFlavorPlugin));
  const builtIn = createBuiltInPlugin(readCliManifest(), listCommandEntries(), listTopics());
  return { config: await createConfig([builtIn, ...plugins]), problems };
}

/** The command whose name a command line begins with. */
export function findCommand(config: Config, argv: readonly string[]): Command.Loadable | undefined {
  for (let words = argv.length; words > 0; words--) {
    const found = config.findCommand(argv.slice(0, words).join(':'));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The longest topic that the words begin with. */
export function findTopic(config: Config, words: readonly string[]): string | undefined {
  for (let length = words.length; length > 0; length--) {
    const id = words.slice(0, length).join(':');
    if (config.findTopic(id) !== undefined) return id;
  }
  return undefined;
}
