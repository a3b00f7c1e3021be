import { Config } from '@oclif/core/config';
import type * as Interfaces from '@oclif/core/interfaces';
import { packageDirectory } from '../cli-package.ts';

/** oclif's view of the program with the given plugins, of which the first is its own. oclif looks for no others. */
export async function createConfig(plugins: readonly Interfaces.Plugin[]): Promise<Config> {
  return await Config.load({
    root: packageDirectory,
    plugins: new Map(plugins.map((plugin) => [plugin.name, plugin])),
  });
}
