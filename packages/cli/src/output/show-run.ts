import { styleText } from 'node:util';
import type { RunEvent, RunOutcome } from '@mlstack/core/project';
import { goOnWithoutOutput } from './closed-output.ts';
import { formatDuration } from './format-quantity.ts';
import { formatCounts } from './format-runs.ts';
import { RunProgress } from './run-progress.ts';
import { stateMark } from './state-mark.ts';

/** Whoever watches a run. */
export interface RunDisplay {
  handle(event: RunEvent): void;
  /** What is printed meanwhile. */
  print(text: string): void;
  /** The person wants it to end. */
  cancelling(): void;
  close(): void;
}

const silence: RunDisplay = { handle() {}, print() {}, cancelling() {}, close() {} };

/** @param silent with `--json`: the outcome alone is printed. */
export function showRun({ silent }: { readonly silent: boolean }): RunDisplay {
  goOnWithoutOutput();
  return silent ? silence : new RunProgress(process.stdout);
}

/** Sets the exit code by the outcome, prints how the run ended and what to try next, and returns what `--json` prints. */
export function finishRun(display: RunDisplay, outcome: RunOutcome): { run: RunOutcome } {
  display.close();
  process.exitCode = exitCodes[outcome.state];
  display.print(`\n${formatOutcome(outcome)}\n`);
  return { run: outcome };
}

const exitCodes = { completed: 0, failed: 1, cancelled: 130 } as const;

function formatOutcome({ name, state, durationMs, counts }: RunOutcome): string {
  const how = state === 'completed' ? 'completed in' : `${state} after`;
  const next: readonly (readonly [command: string, does: string])[] =
    state === 'completed'
      ? [
          [`mlstack runs describe ${name}`, 'its steps and what they made'],
          [`mlstack artifacts list --run ${name}`, 'its artifacts'],
        ]
      : [
          [`mlstack runs logs ${name}`, 'what its steps printed'],
          [`mlstack runs resume ${name}`, 'go on where it ended'],
        ];
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    `${stateMark(state)} ${styleText('bold', name)} ${how} ${formatDuration(durationMs)}: ${formatCounts(counts)}`,
    ...next.map(([command, does]) => `  ${styleText('cyan', command.padEnd(width))}  ${styleText('dim', does)}`),
  ].join('\n');
}
