import { readFileSync } from 'node:fs';
import { escapeControls } from '@mlstack/core/project';
import { UsageError } from './usage-error.ts';

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'you may not read it',
};

/** How errors call a file that the command line names. */
export function documentName(file: string): string {
  return file === '-' ? 'The standard input' : escapeControls(file);
}

/** The text of a file that the command line names; `-` is standard input. */
export function readDocument(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    const reason = readFailures[(cause as NodeJS.ErrnoException).code ?? ''] ?? (cause as Error).message;
    throw new UsageError(`${documentName(file)} cannot be read: ${reason}.`, { hint: 'Check the path.', cause });
  }
}
