import { isComponentType } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';
import type * as Interfaces from '@oclif/core/interfaces';
import { globalFlags, jsonFlag } from '../command/mlstack-command.ts';

export class MlstackHelp extends Help {
  readonly #argv: readonly string[];

  constructor(config: Config, argv: readonly string[]) {
    super(config as Interfaces.Config, { hideAliasesFromRoot: true, maxWidth: 100 });
    this.#argv = argv;
  }

  override async showTopicHelp(topic: Interfaces.Topic): Promise<void> {
    await super.showTopicHelp(topic);
  }

  override async showCommandHelp(command: Command.Loadable): Promise<void> {
    const isOwn = command.pluginName === this.config.name;
    await super.showCommandHelp(isOwn ? await this.#withDefinition(command) : { ...command });
  }

  /** Arguments and flags come with the class; those of a flavor's fields, with the flavor. */
  async #withDefinition(command: Command.Loadable): Promise<Command.Loadable> {
    const definition = await command.load();
    const [type = '', verb] = command.id.split(':');
    const flags = { ...definition.flags, ...globalFlags, json: jsonFlag };
    const description = [definition.description];
    if (isComponentType(type) && verb === 'register') {
      const { describeFlavorFields } = await import('../command/flavor-field-help.ts');
      const { text, flags: fields } = await describeFlavorFields(type, this.#argv);
      Object.assign(flags, fields);
      description.push(text);
    }
    const shownDescription = description.filter((text) => text !== undefined && text !== '').join('\n\n');
    return {
      ...command,
      args: named(definition.args ?? {}),
      flags: named(flags) as Command.Loadable['flags'],
      examples: definition.examples ?? [],
      ...(shownDescription === '' ? {} : { description: shownDescription }),
    } as Command.Loadable;
  }
}

function named<Definition extends object>(
  definitions: Readonly<Record<string, Definition>>,
): Record<string, Definition & { name: string }> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, { ...definition, name }]));
}
