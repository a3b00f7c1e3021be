import { styleText } from 'node:util';
import type { NodeDescription, RunDescription } from '@mlstack/core/project';
import { describeHookFailure } from './describe-run-event.ts';
import { formatAssignments } from './format-assignments.ts';
import { formatErrorRecord } from './format-error-record.ts';
import { formatGraph } from './format-graph.ts';
import { formatOutputs } from './format-outputs.ts';
import { formatDuration, formatMoment } from './format-quantity.ts';
import { formatCounts, runDuration } from './format-runs.ts';
import { cutLines, formatFields, terminalWidth } from './format-table.ts';
import { markedState, stateMark } from './state-mark.ts';

/**
 * A run: what it is, its steps as a graph, and what went wrong. Why a step ran is left to `runs explain`.
 *
 * @param width of the terminal, at which lines of the graph are cut; nothing where it is piped.
 */
export function formatRun(run: RunDescription, width = terminalWidth()): string {
  const failed = run.steps.filter((step) => step.state === 'failed' && step.error !== undefined);
  return [
    formatFields([
      ['run', `${run.name}  ${styleText('dim', run.id)}`],
      ['pipeline', `${run.pipeline}  ${styleText('dim', run.sourceFile)}`],
      ['stack', run.stack],
      ['state', markedState(run.state)],
      ['started', formatMoment(run.createdAt)],
      ['took', runDuration(run)],
      ['steps', formatCounts(run.counts)],
      ['driven by', run.driver === undefined ? undefined : `process ${run.driver.pid} on ${run.driver.host}`],
      ['code', run.codeDigest.slice(0, 12)],
    ]),
    '',
    cutLines(
      formatGraph(
        run.steps.map((step) => ({ ...step, id: step.nodeId })),
        formatStep,
      ),
      width,
    ),
    ...failed.flatMap((step) => ['', `${stateMark('failed')} ${step.nodeId}`, ...formatErrorRecord(step.error)]),
    ...run.steps.flatMap(({ nodeId, hooks }) =>
      hooks
        .filter(({ outcome }) => outcome !== 'succeeded')
        .flatMap((hook) => ['', ...describeHookFailure(nodeId, hook)]),
    ),
    ...(failed.length === 0 && run.error !== undefined ? ['', ...formatErrorRecord(run.error)] : []),
  ].join('\n');
}

function formatStep(step: NodeDescription): string {
  const previews = Object.entries(step.outputs ?? {}).map(([name, { preview }]) => [name, preview]);
  const notes = [
    step.startedAt !== undefined && step.endedAt !== undefined && step.state !== 'cached'
      ? formatDuration(Date.parse(step.endedAt) - Date.parse(step.startedAt))
      : undefined,
    step.state === 'cached' ? 'cached' : undefined,
    step.attempts > 1 ? `${step.attempts} attempts` : undefined,
    step.state === 'skipped' || step.state === 'cancelled' ? step.state : undefined,
    formatOutputs(Object.fromEntries(previews)),
    formatAssignments(step.metadata),
  ].filter((note) => note !== undefined && note !== '');
  const hasBegun = step.state !== 'cached' && step.startedAt !== undefined;
  const reason = step.reason === undefined || hasBegun ? '' : styleText('dim', `  ${step.reason}`);
  return `${stateMark(step.state)} ${step.nodeId}${notes.length === 0 ? '' : `  ${notes.join('  ')}`}${reason}`;
}
