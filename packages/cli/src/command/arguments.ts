import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';

// oclif would take what is piped into a command for an argument that is missing: no argument of ours is meant that way.

export function requiredArgument(description: string) {
  return Args.string({ description, required: true, ignoreStdin: true });
}

export function optionalArgument(description: string) {
  return Args.string({ description, required: false, ignoreStdin: true });
}

/** `--yes` of commands that ask. */
export const yesFlag = Flags.boolean({ summary: 'Do not ask', char: 'y' });

/** `--limit` and `--cursor` of lists that are read page by page. */
export const pageFlags = {
  limit: Flags.integer({ summary: 'How many at most', default: 100, min: 1, max: 10_000 }),
  cursor: Flags.string({ summary: 'Go on where a page before ended; a page says it with --json as "next"' }),
};

export function pageOptions(flags: { readonly limit: number; readonly cursor?: string | undefined }): {
  limit: number;
  cursor?: string;
} {
  return { limit: flags.limit, ...(flags.cursor === undefined ? {} : { cursor: flags.cursor }) };
}
