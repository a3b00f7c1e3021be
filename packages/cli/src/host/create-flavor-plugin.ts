import { Plugin } from '@oclif/core/config';
import type * as Interfaces from '@oclif/core/interfaces';
import type { CommandPackage } from './flavor-commands.ts';

/** A flavor package as a plugin of oclif's: its commands as its manifest lists them, without its hooks. */
export async function createFlavorPlugin({ package: from, topics }: CommandPackage): Promise<Interfaces.Plugin> {
  const plugin = new Plugin({ root: from.directory, type: 'user' });
  await plugin.load();
  plugin.hooks = {};
  const described = plugin.topics
    .filter((topic) => topics.includes(topic.name.split(':')[0] ?? ''))
    .map(({ name: topic, description = '' }) => [topic, { description }]);
  plugin.pjson = { ...plugin.pjson, oclif: { ...plugin.pjson.oclif, topics: Object.fromEntries(described) } };
  return plugin;
}
