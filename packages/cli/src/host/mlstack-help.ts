import { styleText } from 'node:util';
import { componentTypes, isComponentType } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import type * as Interfaces from '@oclif/core/interfaces';
import { Help } from '@oclif/core/help';
import { globalFlags } from '../command/mlstack-command.ts';
import type { UnavailableCommands } from './flavor-plugins.ts';

const sections: readonly (readonly [title: string, words: readonly string[]])[] = [
  ['START', ['init', 'status', 'doctor']],
  ['PIPELINES', ['run', 'pipeline', 'runs', 'artifacts']],
  ['STACKS', ['stack', 'flavor', 'integration']],
  ['COMPONENTS', componentTypes.map((row) => row.type)],
  ['OTHER', ['completion', 'help']],
];

export class MlstackHelp extends Help {
  readonly #argv: readonly string[];
  readonly #problems: readonly UnavailableCommands[];

  constructor(config: Config, argv: readonly string[], problems: readonly UnavailableCommands[]) {
    super(config as Interfaces.Config, { hideAliasesFromRoot: true, maxWidth: 100 });
    this.#argv = argv;
    this.#problems = problems;
  }

  override async showTopicHelp(topic: Interfaces.Topic): Promise<void> {
    await super.showTopicHelp(topic);
  }

  override async showRootHelp(): Promise<void> {
    const summaries = this.#rootSummaries();
    const foreign = [...summaries.keys()].filter((word) => !sections.some(([, words]) => words.includes(word)));
    this.log('Machine-learning pipelines in TypeScript that run on any stack.\n');
    this.log(this.section('USAGE', '$ mlstack COMMAND [ARGUMENTS] [--flags]'));
    for (const [title, words] of [...sections, ['INSTALLED', foreign] as const]) {
      const rows = words.flatMap((word): [string, string][] => {
        const summary = summaries.get(word);
        return summary === undefined ? [] : [[word, summary]];
      });
      if (rows.length > 0)
        this.log(`\n${this.section(title, this.renderList(rows, { indentation: 2, spacer: '\n' }))}`);
    }
    const problems = this.#problems.map((problem) => `${problem.package}: ${problem.message}`);
    if (problems.length > 0) this.log(`\n${this.section('UNAVAILABLE', problems.join('\n'))}`);
    this.log(
      `\nEvery command takes --project, --stack, --json and --help. ${styleText('dim', 'Start with `mlstack init`.')}`,
    );
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

  #rootSummaries(): Map<string, string> {
    const summaries = new Map<string, string>();
    for (const command of this.config.commands) {
      const [word = '', ...more] = command.id.split(':');
      if (command.hidden || summaries.has(word)) continue;
      const topic = this.config.findTopic(word)?.description;
      const summary = more.length === 0 ? (command.summary ?? command.description) : (topic ?? '');
      summaries.set(word, summary?.split('\n')[0] ?? '');
    }
    return summaries;
  }
}

const jsonFlag = {
  type: 'boolean',
  helpGroup: 'GLOBAL',
  summary: 'Print one JSON document',
  allowNo: false,
};

function named<Definition extends object>(
  definitions: Readonly<Record<string, Definition>>,
): Record<string, Definition & { name: string }> {
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, { ...definition, name }]));
}
