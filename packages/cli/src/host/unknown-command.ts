import { suggestName } from '@mlstack/core/project';
import { CommandNotFoundError } from '../command/usage-error.ts';

/** What to say of words that name no command. @param ids of all commands there are. */
export function unknownCommand(words: readonly string[], ids: readonly string[]): CommandNotFoundError {
  const typed = words.slice(0, 3).join(' ');
  const known = new Set<string>();
  for (const id of ids) {
    const parts = id.split(':');
    for (let length = 1; length <= parts.length; length++) known.add(parts.slice(0, length).join(' '));
  }
  const suggestions = [typed, words.slice(0, 2).join(' '), words[0] ?? '']
    .map((text) => suggestName(text, [...known]))
    .find((text) => text?.startsWith('Did you mean'));
  const hint = suggestions?.replace(/"(.*)"/, '`mlstack $1`') ?? 'See `mlstack --help`.';
  return new CommandNotFoundError(typed.length > 80 ? `${typed.slice(0, 80)}…` : typed, hint);
}
