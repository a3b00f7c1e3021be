import { findCommand, findTopic, loadFullConfig } from './full-config.ts';
import { MlstackHelp } from './mlstack-help.ts';
import { unknownCommand } from './unknown-command.ts';

/** Help for the topic or command that the words of a command line name. Runs no code of a package but of a flavor that is asked for by name. */
export async function showHelp(argv: readonly string[]): Promise<void> {
  const words = argv[0] === 'help' ? argv.slice(1) : argv;
  const named = words.slice(0, firstFlag(words));
  const { config } = await loadFullConfig();
  const help = new MlstackHelp(config, words);
  const command = findCommand(config, named);
  if (command !== undefined) return await help.showCommandHelp(command);
  const topic = findTopic(config, named);
  if (topic !== undefined && topic.split(':').length === named.length) {
    return await help.showTopicHelp({ ...config.findTopic(topic), name: topic });
  }
  throw unknownCommand(named, config.commandIDs);
}

function firstFlag(words: readonly string[]): number {
  const index = words.findIndex((word) => word.startsWith('-'));
  return index === -1 ? words.length : index;
}
