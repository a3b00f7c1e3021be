import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { escapeControls, FileNotWrittenError } from '@mlstack/core/project';
import { UsageError } from './usage-error.ts';

/** Writes a file that must not exist: all of it or nothing. */
export function writeNewFile(file: string, text: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx');
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
    throw new FileNotWrittenError(file, cause as Error);
  }
  try {
    writeFileSync(descriptor, text);
  } catch (cause) {
    rmSync(file, { force: true });
    throw new FileNotWrittenError(file, cause as Error);
  } finally {
    closeSync(descriptor);
  }
}
