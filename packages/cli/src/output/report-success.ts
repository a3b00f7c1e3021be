import { styleText } from 'node:util';

/** One line that tells what was done. */
export function successLine(text: string): string {
  return `${styleText('green', '✔')} ${text}`;
}
