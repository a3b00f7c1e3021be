import { writeFileSync } from 'node:fs';
import { escapeControls } from '@mlstack/core/project';
import { UsageError } from './usage-error.ts';

/** Writes a file that must not exist. */
export function writeNewFile(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      throw new UsageError(`${escapeControls(file)} exists already.`, {
        hint: 'Choose another name, or delete it first.',
        cause,
      });
    }
    if (code === 'ENOENT') {
      throw new UsageError(`${escapeControls(file)} cannot be written: its folder does not exist.`, {
        hint: 'Make the folder first.',
        cause,
      });
    }
    throw cause;
  }
}
