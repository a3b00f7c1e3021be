import { readFileSync } from 'node:fs';
import type { ConfigEntry } from '@mlstack/core/project';
import { escapeControls } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import { globalFlags } from './mlstack-command.ts';
import { UsageError } from './usage-error.ts';

/** A command line whose flags are in part fields of a flavor. */
export interface ConfigArguments {
  /** Texts by field, nested fields with dots; files have been read. */
  readonly entries: readonly ConfigEntry[];
  /** What is left for the command's own parser. */
  readonly rest: string[];
}

type FlagDefinitions = Readonly<Record<string, { readonly type: 'boolean' | 'option' }>>;

/**
 * Takes the fields of a flavor out of a command line: every `--key=value` whose key is no flag of the command, and every
 * `--config.key=value`, whose key may be one. `--key=@file` is what the file holds, without a line break at its end; `@@` stands
 * for an `@` that begins a value.
 *
 * @param booleans fields that need no value: `--key` is true, `--no-key` false.
 */
export function takeConfigArguments(
  argv: readonly string[],
  command: Pick<Command.Class, 'flags'>,
  booleans: ReadonlySet<string> = new Set(),
): ConfigArguments {
  const entries: ConfigEntry[] = [];
  const rest: string[] = [];
  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') {
      rest.push(word, ...words);
      break;
    }
    const [, name = '', hasValue, value = ''] = /^--([^=]+)(=)?(.*)$/s.exec(word) ?? [];
    const own = ownFlags(command)[name];
    if (name === '' || own !== undefined) {
      rest.push(word);
      if (own?.type === 'option' && hasValue === undefined && words[0] !== undefined) rest.push(words.shift() ?? '');
      continue;
    }
    const key = name.startsWith('config.') ? name.slice('config.'.length) : name;
    if (hasValue !== undefined) entries.push({ key, text: readValue(key, value) });
    else if (booleans.has(key)) entries.push({ key, text: 'true' });
    else if (key.startsWith('no-') && booleans.has(key.slice(3))) entries.push({ key: key.slice(3), text: 'false' });
    else if (words[0] !== undefined && !words[0].startsWith('--'))
      entries.push({ key, text: readValue(key, words.shift() ?? '') });
    else {
      const flag = escapeControls(`--${name}`);
      throw new UsageError(`${flag} has no value.`, { hint: `Write ${flag}=VALUE.` });
    }
  }
  return { entries, rest };
}

/** Fields by name alone, as `remove-attribute` takes them. */
export function takeConfigKeys(
  argv: readonly string[],
  command: Pick<Command.Class, 'flags'>,
): { readonly keys: readonly string[]; readonly rest: string[] } {
  const keys: string[] = [];
  const rest: string[] = [];
  let isValue = false;
  for (const word of argv) {
    const name = /^--([^=]+)$/.exec(word)?.[1];
    const own = name === undefined ? undefined : ownFlags(command)[name];
    if (isValue || name === undefined || own !== undefined) rest.push(word);
    else keys.push(name.replace(/^config\./, ''));
    isValue = !isValue && own?.type === 'option';
  }
  return { keys, rest };
}

/**
 * Refuses a flag that could as well be a field of the flavor, as `--project` of a flavor with a field `project`.
 *
 * @param fields names of the flavor's fields.
 */
export function refuseAmbiguousFlags(
  { entries, rest }: ConfigArguments,
  command: Pick<Command.Class, 'flags'>,
  fields: readonly string[],
): void {
  for (const field of fields) {
    if (field === 'flavor' || ownFlags(command)[field] === undefined) continue;
    const isUsed = rest.some((word) => word === `--${field}` || word.startsWith(`--${field}=`));
    if (!isUsed || entries.some(({ key }) => key === field || key.startsWith(`${field}.`))) continue;
    const variable = environmentVariables[field];
    throw new UsageError(`--${field} is a flag of this command and a field of the flavor.`, {
      hint: `For the field write --config.${field}=VALUE${variable === undefined ? '' : `; instead of the flag, set ${variable}`}.`,
    });
  }
}

const environmentVariables: Readonly<Record<string, string>> = { project: 'MLSTACK_PROJECT', stack: 'MLSTACK_STACK' };

function ownFlags({ flags }: Pick<Command.Class, 'flags'>): FlagDefinitions {
  return { ...(flags as FlagDefinitions), ...globalFlags, json: { type: 'boolean' }, help: { type: 'boolean' } };
}

function readValue(key: string, value: string): string {
  if (value.startsWith('@@')) return value.slice(1);
  if (!value.startsWith('@')) return value;
  const file = value.slice(1);
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message;
    throw new UsageError(`${escapeControls(`--${key}=@${file}: ${reason}`)}.`, {
      hint: 'Correct the path; a value that itself begins with "@" is written with "@@".',
      cause,
    });
  }
}
