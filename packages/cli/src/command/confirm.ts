import { InterruptedError, NoTerminalError } from './usage-error.ts';

/** True where somebody sits at a terminal who can be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/**
 * Asks before something that cannot be undone, and returns when the answer is yes. Anything else ends the command with nothing
 * changed.
 *
 * @param question as in `Delete stack "prod"?`
 * @param how what to write where nobody can answer.
 */
export async function confirm(
  question: string,
  { yes, how = 'Repeat the command with --yes.' }: { readonly yes: boolean; readonly how?: string },
): Promise<void> {
  if (yes) return;
  if (!canAsk()) throw new NoTerminalError(question, how);
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({ message: question, initialValue: false, output: process.stderr });
  if (answer !== true) throw new InterruptedError();
}
