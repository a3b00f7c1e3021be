import { styleText } from 'node:util';
import type { Issue } from '@mlstack/core/project';
import { MlstackError } from '@mlstack/core/project';
import { readCliManifest } from '../cli-package.ts';
import { toTerminalText } from './terminal-text.ts';

/** What `--json` prints of an error. */
export interface ErrorDocument {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly issues?: readonly Issue[];
  };
}

const exitCodes = { input: 2, failure: 1, interrupted: 130 } as const;

/** Shows an error in the one form that all have, and sets the exit code. An error that nobody foresaw is a bug, and says so. */
export function reportError(error: unknown, { json }: { readonly json: boolean }): void {
  const described = describeError(error);
  process.exitCode = described.exitCode;
  if (json) process.stdout.write(`${JSON.stringify(described.document, null, 2)}\n`);
  else process.stderr.write(formatError(described.document));
  const isDebugging = process.env.MLSTACK_DEBUG === '1';
  if (isDebugging || described.isBug) process.stderr.write(`\n${toTerminalText(stackOf(error))}\n`);
}

/** Several issues are told each with what to do about it. */
export function formatError(document: ErrorDocument): string {
  return toTerminalText(formatDocument(document));
}

function formatDocument({ error }: ErrorDocument): string {
  const mark = styleText('red', '✖', { stream: process.stderr });
  const arrow = styleText('cyan', '→', { stream: process.stderr });
  const issues = error.issues ?? [];
  if (issues.filter(({ hint }) => hint !== undefined).length < 2) {
    return `${mark} ${error.message}\n${error.hint === '' ? '' : `${arrow} ${error.hint}\n`}`;
  }
  const lines = issues.flatMap(({ path, message, hint }) => [
    `  ${path.length === 0 ? '' : `${path.join('.')}: `}${message}`,
    ...(hint === undefined ? [] : [`  ${arrow} ${hint}`]),
  ]);
  const heading = `${mark} ${error.message.split('\n')[0]}`;
  return `${[heading, ...lines, `${arrow} Correct each of these and try again.`].join('\n')}\n`;
}

interface DescribedError {
  readonly document: ErrorDocument;
  readonly exitCode: number;
  readonly isBug: boolean;
}

export function describeError(error: unknown): DescribedError {
  if (MlstackError.is(error)) {
    const { code, message, hint = '', kind } = error;
    const issues = 'issues' in error && Array.isArray(error.issues) ? { issues: error.issues as Issue[] } : {};
    return { document: { error: { code, message, hint, ...issues } }, exitCode: exitCodes[kind] ?? 1, isBug: false };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isCommandOwn(error)) {
    return {
      document: { error: { code: 'COMMAND_FAILED', message, hint: '' } },
      exitCode: error.oclif.exit,
      isBug: false,
    };
  }
  // Only a signal aborts what a command does.
  if (error instanceof Error && error.name === 'AbortError') {
    return {
      document: { error: { code: 'INTERRUPTED', message: 'Interrupted.', hint: '' } },
      exitCode: exitCodes.interrupted,
      isBug: false,
    };
  }
  const system = systemFailures[systemCode(error)];
  if (system !== undefined) {
    return { document: { error: { code: systemCode(error), message, hint: system } }, exitCode: 1, isBug: false };
  }
  return {
    document: {
      error: {
        code: 'INTERNAL_ERROR',
        message: `mlstack failed because of an error of its own: ${message}`,
        hint: `Please report it at ${readCliManifest().bugs}, with the command and the lines below.`,
      },
    },
    exitCode: 1,
    isBug: true,
  };
}

/** What the machine refuses, whatever mlstack does. */
const systemFailures: Readonly<Record<string, string>> = {
  ENOSPC: 'Free some space on the disk and try again.',
  EDQUOT: 'Your disk quota is used up: free some space and try again.',
  EROFS: 'The file system is read-only: choose another place.',
  EACCES: 'Change the permissions, or choose another place.',
  EPERM: 'Change the permissions, or choose another place.',
  EMFILE: 'Too many files are open: raise the limit with `ulimit -n`.',
  ENFILE: 'Too many files are open on this machine.',
  ENOMEM: 'The machine has no memory left: end other programs.',
};

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What a command of a flavor package reports by oclif's own means. */
function isCommandOwn(error: unknown): error is Error & { oclif: { exit: number } } {
  return (
    error instanceof Error &&
    'oclif' in error &&
    typeof (error.oclif as { exit?: unknown } | undefined)?.exit === 'number'
  );
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
