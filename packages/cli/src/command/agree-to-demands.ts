import type { StackChangePlan } from '@mlstack/core/project';
import { describeDemands } from '@mlstack/core/project';
import { formatStackChanges } from '../output/format-stack-change.ts';
import { toTerminalText } from '../output/terminal-text.ts';
import { canAsk, confirm } from './confirm.ts';

/**
 * Shows what a stack document would do and asks, where it wants to read environment variables or run code. True: somebody
 * agreed. Where nobody can be asked the answer is that of `--trust`, and core refuses.
 */
export async function agreeToDemands(plan: StackChangePlan, { trust }: { readonly trust: boolean }): Promise<boolean> {
  if (trust || describeDemands(plan).length === 0 || !canAsk()) return trust;
  process.stderr.write(`${toTerminalText(formatStackChanges(plan))}\n`);
  await confirm('Do you trust where this document comes from?', { yes: false });
  return true;
}
