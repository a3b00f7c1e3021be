import type { Project } from '@mlstack/core/project';
import { findProject, homeDirectory, isComponentType, Project as ProjectClass } from '@mlstack/core/project';
import type { Command } from '@oclif/core/command';
import { globalFlags } from '../command/mlstack-command.ts';
import { findCommandEntry, listCommandEntries, listTopics } from '../host/command-index.ts';
import { flavorHost } from '../host/flavor-host.ts';
import { loadFullConfig } from '../host/full-config.ts';
import { takeLeadingFlags } from '../host/leading-flags.ts';
import type { Completion } from './completion.ts';

export interface Candidate {
  readonly value: string;
  readonly summary?: string;
}

interface CompletableFlag {
  readonly name: string;
  readonly takesValue: boolean;
  readonly summary: string;
}

/**
 * What the last of the words could become. Reads folder entries and the registry; runs no code of a package or of the project.
 *
 * @param words those after `mlstack`.
 */
export async function completeWords(words: readonly string[]): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const { leading, rest: before } = takeLeadingFlags(words.slice(0, -1));
  const found = findCommandEntry(before);
  if (found === undefined) {
    const given = /^--(project|stack)$/.exec(leading.at(-1) ?? '')?.[1];
    if (before.length > 0 || given === undefined) return await completeCommand(before, current);
    return startingWith(current, new CompletionContext(undefined, undefined, leading).complete(given));
  }
  const command = await found.entry.load();
  const flags = listFlags(command);
  const context = new CompletionContext(command, found.entry.componentType, [...leading, ...before]);
  const previous = flags.find((flag) => flag.takesValue && `--${flag.name}` === before.at(-1));
  if (previous !== undefined) return startingWith(current, context.complete(previous.name));
  if (current.startsWith('--') && current.includes('=')) {
    const name = current.slice(2, current.indexOf('='));
    const values = context.complete(name).map((candidate) => prefixed(candidate, `--${name}=`));
    return values.filter(({ value }) => value.startsWith(':') || value.startsWith(current));
  }
  if (current.startsWith('-')) {
    return startingWith(
      current,
      flags.map((flag) => ({ value: `--${flag.name}`, summary: flag.summary })),
    );
  }
  const position = countArguments(before.slice(found.words), flags);
  const argument = Object.keys(command.args ?? {})[position];
  const subcommands = found.words === before.length ? await completeCommand(before, current) : [];
  return [...subcommands, ...(argument === undefined ? [] : startingWith(current, context.complete(argument)))];
}

async function completeCommand(before: readonly string[], current: string): Promise<Candidate[]> {
  const commands: { readonly id: string; readonly summary?: string | undefined; readonly isHidden?: boolean }[] =
    before.length === 0 || !listCommandEntries().some(({ id }) => id.startsWith(`${before[0]}:`))
      ? (await loadFullConfig()).config.commands.map(({ id, summary, hidden }) => ({ id, summary, isHidden: hidden }))
      : listCommandEntries();
  const topics = listTopics();
  const next = new Map<string, string>();
  for (const { id, summary = '', isHidden } of commands) {
    const parts = id.split(':');
    if (isHidden || parts.length <= before.length || before.some((word, index) => parts[index] !== word)) continue;
    const word = parts[before.length] ?? '';
    const isCommand = parts.length === before.length + 1;
    if (isCommand || !next.has(word)) next.set(word, isCommand ? summary : (topics[[...before, word].join(':')] ?? ''));
  }
  return startingWith(
    current,
    [...next].map(([value, summary]) => ({ value, summary })),
  );
}

class CompletionContext {
  readonly #completions: Readonly<Record<string, Completion>>;
  readonly #type: string | undefined;
  readonly #before: readonly string[];

  constructor(command: Command.Class | undefined, type: string | undefined, before: readonly string[]) {
    this.#completions =
      command !== undefined && 'completions' in command ? (command.completions as Record<string, Completion>) : {};
    this.#type = type;
    this.#before = before;
  }

  /** @param name of a flag or an argument. */
  complete(name: string): Candidate[] {
    const completion = this.#completions[name] ?? globalCompletions[name];
    if (completion === undefined) return isComponentType(name) ? this.#components(name) : [];
    if (typeof completion !== 'string') return completion.map((value) => ({ value }));
    if (completion === 'files' || completion === 'folders') return [{ value: `:${completion}` }];
    if (completion === 'stacks') return this.#registry().stacks.map((stack) => ({ value: stack.name }));
    if (completion === 'components') return this.#components(this.#type);
    const flavors = this.#project().flavors.list(this.#type as Parameters<Project['flavors']['list']>[0]);
    return flavors.map(({ name: value, summary }) => ({ value, summary }));
  }

  #components(type: string | undefined): Candidate[] {
    const ofType = this.#registry().components.filter((component) => component.type === type);
    return ofType.map(({ name, flavor }) => ({ value: name, summary: flavor }));
  }

  #registry(): ReturnType<Project['registry']['read']> {
    return this.#project().registry.read();
  }

  /** Unlike a command, makes none where there is none. */
  #project(): Project {
    const directory = this.#chosenProject() ?? findProject(process.cwd()) ?? homeDirectory() ?? process.cwd();
    return new ProjectClass(directory, 'found', { host: flavorHost });
  }

  #chosenProject(): string | undefined {
    const index = this.#before.findIndex((word) => word === '--project' || word.startsWith('--project='));
    const word = this.#before[index];
    if (word === undefined) return process.env.MLSTACK_PROJECT || undefined;
    return word === '--project' ? this.#before[index + 1] : word.slice('--project='.length);
  }
}

const globalCompletions: Readonly<Record<string, Completion>> = { project: 'folders', stack: 'stacks' };

function listFlags(command: Command.Class): CompletableFlag[] {
  const defined = Object.entries({ ...command.flags, ...globalFlags }).map(([name, flag]) => ({
    name,
    takesValue: flag.type === 'option',
    summary: flag.summary ?? '',
  }));
  const common = [
    { name: 'json', takesValue: false, summary: 'Print one JSON document' },
    { name: 'help', takesValue: false, summary: 'Show help' },
  ];
  return [...defined, ...common];
}

function countArguments(words: readonly string[], flags: readonly CompletableFlag[]): number {
  let count = 0;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) count++;
    else if (flags.some((flag) => flag.takesValue && `--${flag.name}` === word)) index++;
  }
  return count;
}

function prefixed({ value, summary = '' }: Candidate, prefix: string): Candidate {
  return { value: value.startsWith(':') ? value : prefix + value, summary };
}

function startingWith(current: string, candidates: readonly Candidate[]): Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current) || value.startsWith(':'));
}
