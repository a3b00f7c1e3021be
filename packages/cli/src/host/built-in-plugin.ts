import type { Command } from '@oclif/core/command';
import type * as Interfaces from '@oclif/core/interfaces';
import type { CliManifest } from '../cli-package.ts';
import { packageDirectory } from '../cli-package.ts';
import type { CommandEntry } from './command-entry.ts';

/** A plugin of oclif's that has no files of commands: they are listed in code and imported one by one. */
export function createBuiltInPlugin(
  manifest: CliManifest,
  entries: readonly CommandEntry[],
  topics: Readonly<Record<string, string>>,
): Interfaces.Plugin {
  const commands = entries.map((entry) => loadableCommand(entry, manifest.name));
  const described = Object.entries(topics).map(([name, description]) => ({ name, description }));
  return {
    _base: '',
    alias: manifest.name,
    commandIDs: commands.map((command) => command.id),
    commands,
    commandsDir: undefined,
    findCommand: (async (id: string) =>
      await commands.find((command) => command.id === id)?.load()) as Interfaces.Plugin['findCommand'],
    hasManifest: true,
    hooks: {},
    isRoot: true,
    load: async () => {},
    moduleType: 'module',
    name: manifest.name,
    options: { root: packageDirectory },
    pjson: manifest as unknown as Interfaces.PJSON, // what oclif reads of it is under "oclif", as written in package.json
    root: packageDirectory,
    topics: described,
    type: 'core',
    valid: true,
    version: manifest.version,
  };
}

/** Arguments and flags are known when the class has been imported, and not asked for before. */
function loadableCommand(entry: CommandEntry, pluginName: string): Command.Loadable {
  return {
    id: entry.id,
    summary: entry.summary,
    hidden: entry.isHidden ?? false,
    aliases: [],
    hiddenAliases: [],
    hasDynamicHelp: false,
    args: {},
    flags: {},
    pluginName,
    pluginAlias: pluginName,
    pluginType: 'core',
    load: () => loadCommand(entry),
  };
}

export async function loadCommand(entry: CommandEntry): Promise<Command.Class> {
  const command = await entry.load();
  command.id = entry.id;
  command.summary = entry.summary;
  return command;
}
