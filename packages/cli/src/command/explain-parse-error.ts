import { quoteText, suggestName } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import { UsageError } from './usage-error.ts';

/** What oclif's parser throws, with what its classes add. They are told apart by what they carry: their classes are not exported. */
interface ParseError extends Error {
  readonly parse?: unknown;
  readonly flags?: readonly string[];
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[];
  readonly oclif?: { readonly exit?: number };
}

/** Says what is wrong with a command line in the form of every other error. Errors that are none of the parser's stay as they are. */
export function explainParseError(error: unknown, command: Command.Class): unknown {
  if (!(error instanceof Error) || !('oclif' in error)) return error;
  const name = `mlstack ${command.id.replaceAll(':', ' ')}`;
  const seeHelp = `See \`${name} --help\`.`;
  const { flags, args, message } = error as ParseError;
  if (flags !== undefined) {
    const known = Object.keys({ ...command.flags, ...command.baseFlags, json: true, help: true }).map(
      (flag) => `--${flag}`,
    );
    const [first = ''] = flags;
    const suggestion = flags.length === 1 ? suggestName(first.split('=')[0] ?? '', known) : undefined;
    return new UsageError(
      `\`${name}\` has no ${flags.length === 1 ? 'flag' : 'flags'} ${flags.map(shortenFlag).join(', ')}.`,
      {
        hint: suggestion?.startsWith('Did you mean') ? suggestion.replaceAll('"', '`') : seeHelp,
      },
    );
  }
  if (args !== undefined) {
    const texts = args.map((arg) => (typeof arg === 'string' ? quoteText(arg) : arg.name.toUpperCase()));
    const isMissing = typeof args[0] === 'object';
    return new UsageError(
      isMissing ? `\`${name}\` needs ${texts.join(' and ')}.` : `\`${name}\` does not take ${texts.join(', ')}.`,
      { hint: isMissing ? `Write \`${usageLine(name, command)}\`.` : seeHelp },
    );
  }
  return new UsageError(sentence(message), { hint: seeHelp });
}

function usageLine(name: string, command: Command.Class): string {
  if (typeof command.usage === 'string') return `mlstack ${command.usage}`;
  const args = Object.entries(command.args ?? {}).map(([arg, { required }]) =>
    required ? arg.toUpperCase() : `[${arg.toUpperCase()}]`,
  );
  return [name, ...args].join(' ');
}

function shortenFlag(flag: string): string {
  return quoteText(flag).slice(1, -1);
}

/** oclif's own message on one line, with a full stop, without its heading and its pointer to help. */
function sentence(message: string): string {
  const text = message
    .replace(/\nSee more help with --help/g, '')
    .replace(/^The following errors? occurred:/, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    .replace(/\u001b\[[0-9;]*m/g, '')
    .replace(
      /^Expected (--[^=]+)=(.*) to be one of: (.*)$/s,
      (_, flag, given, known) => `${flag} takes ${known}, not ${quoteText(given)}`,
    )
    .replace(
      /^Expected ([^-].*) to be one of: (.*)$/s,
      (_, given, known) => `Expected ${known}, not ${quoteText(given)}`,
    )
    .replace(/(?<=Expected an? [\w ]+ but received: )(.*)$/s, (given) => quoteText(given.trim()))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ')
    .replace(/^Parsing (--\S+); Expected an? (.*) but received: (.*)$/, '$1 takes an $2, not $3')
    .replace(/^(--[\w-]+)=\S+ cannot also be provided when using (--[\w-]+)$/, '$1 and $2 exclude each other')
    .replace(/^All of the following must be provided when using (--\S+): (.*)$/, '$1 is for use with $2 only');
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start.endsWith('.') ? start : `${start}.`;
}
