import { Config } from '@oclif/core/config';
import { packageDirectory } from '../cli-package.ts';
import { loadCommand } from './built-in-plugin.ts';
import type { CommandEntry } from './command-entry.ts';

/**
 * Runs a command of mlstack's own. Commands of installed packages begin with other words, so nobody looks for packages here, and
 * oclif's config stays unloaded: a command of ours asks it for nothing.
 */
export async function runBuiltIn(entry: CommandEntry, argv: readonly string[]): Promise<void> {
  const command = await loadCommand(entry);
  await command.run([...argv], new Config({ root: packageDirectory }));
}
