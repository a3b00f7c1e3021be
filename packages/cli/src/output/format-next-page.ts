import { styleText } from 'node:util';

/** A line that says how to see what comes after; nothing on the last page. */
export function nextPageLine(next: string | undefined): string {
  return next === undefined ? '' : `\n${styleText('dim', `There is more: repeat the command with --cursor=${next}`)}`;
}
