import type { Command } from '@oclif/core/command';
import { globalFlags } from '../command/mlstack-command.ts';
import { loadCommand } from '../host/built-in-plugin.ts';
import type { CommandEntry } from '../host/command-entry.ts';
import { listCommandEntries, listTopics } from '../host/command-index.ts';

/** The type whose commands stand for those of all. */
const model = 'artifact-store';

const introduction = `# Commands

This page is made from the commands themselves; \`npm run test:unit -- packages/cli/src/reference -u\` writes it anew.

Every command takes \`--project <folder>\` (or the variable \`MLSTACK_PROJECT\`), \`--stack <name>\` (or \`MLSTACK_STACK\`), \`--json\` and
\`--help\`. With \`--json\` it prints one document, \`{"version": 1, …}\`; of an error, \`{"error": {"code", "message", "hint"}}\`. Exit code 0:
done. 1: the work failed. 2: the input was wrong, and nothing was changed. 130: interrupted.

\`TYPE\` stands for each component type: `;

/** The reference of all commands, in Markdown. The commands of component types are told once. */
export async function formatCommandReference(): Promise<string> {
  const entries = listCommandEntries().filter(({ isHidden }) => isHidden !== true);
  const types = [...new Set(entries.flatMap(({ componentType }) => componentType ?? []))];
  const told = entries.filter(({ componentType }) => componentType === undefined || componentType === model);
  const groups = Map.groupBy(told, ({ id, componentType }) =>
    componentType ? 'TYPE' : id.includes(':') ? id.split(':')[0] : '',
  );
  const topics: Readonly<Record<string, string>> = { ...listTopics(), TYPE: 'Components of one type' };
  const sections: string[] = [`${introduction}${types.map((type) => `\`${type}\``).join(', ')}.`];
  for (const [topic = '', group] of groups) {
    if (topic !== '') sections.push(`## ${topic}\n\n${topics[topic] ?? ''}.`);
    for (const entry of group) sections.push(await formatCommand(entry, topic === '' ? '##' : '###'));
  }
  return `${sections.join('\n\n')}\n`;
}

async function formatCommand(entry: CommandEntry, heading: string): Promise<string> {
  const command = await loadCommand(entry);
  const generic = entry.componentType === undefined ? (text: string) => text : namesAnyType;
  const name = generic(entry.id.replaceAll(':', ' '));
  const rows = [
    ...Object.entries(command.args ?? {}).map(([arg, { description = '' }]) =>
      row(arg.toUpperCase(), generic(description)),
    ),
    ...Object.entries(command.flags ?? {}).map(([flag, definition]) =>
      row(flagName(flag, definition), generic(flagText(definition))),
    ),
  ];
  return [
    `${heading} \`${name}\``,
    `${generic(entry.summary)}.${command.description === undefined ? '' : ` ${generic(command.description)}`}`,
    `\`\`\`\n${usageOf(name, command, generic)}\n\`\`\``,
    ...(rows.length === 0 ? [] : [`| | |\n|---|---|\n${rows.join('\n')}`]),
  ].join('\n\n');
}

function usageOf(name: string, command: Command.Class, generic: (text: string) => string): string {
  if (typeof command.usage === 'string') return `mlstack ${generic(command.usage)}`;
  const args = Object.entries(command.args ?? {}).map(([arg, { required }]) =>
    required ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  );
  const hasFlags = Object.keys(command.flags ?? {}).some((flag) => !(flag in globalFlags));
  return ['mlstack', name, ...args, ...(hasFlags ? ['[flags]'] : [])].join(' ');
}

type FlagDefinition = Command.Class['flags'][string];

function flagName(name: string, flag: FlagDefinition): string {
  const short = flag.char === undefined ? '' : `-${flag.char}, `;
  const value = flag.type === 'option' ? `=${flag.helpValue ?? `<${flag.options?.join('\\|') ?? 'value'}>`}` : '';
  return `${short}--${name}${value}`;
}

function flagText(flag: FlagDefinition): string {
  const { default: value } = flag;
  const isShown = typeof value === 'string' || typeof value === 'number';
  return `${flag.summary ?? ''}${flag.required ? ' (required)' : ''}${isShown ? ` (default ${value})` : ''}`;
}

function row(name: string, text: string): string {
  return `| \`${name}\` | ${text} |`;
}

function namesAnyType(text: string): string {
  const title = model.replaceAll('-', ' ');
  return text
    .replaceAll(model, 'TYPE')
    .replaceAll(`an ${title}`, 'a component')
    .replaceAll(title, 'component')
    .replaceAll(title.charAt(0).toUpperCase() + title.slice(1), 'Component');
}
