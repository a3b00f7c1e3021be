import { styleText } from 'node:util';
import type { HookRecord, RunEvent } from '@mlstack/core/project';
import { formatErrorRecord } from './format-error-record.ts';
import { formatOutputs } from './format-outputs.ts';
import { formatBytes, formatDuration } from './format-quantity.ts';
import { stateMark } from './state-mark.ts';

type AttemptFailed = Extract<RunEvent, { kind: 'attempt-failed' }>;

/** One step that is over: its time and what it made, or what went wrong. */
export function describeNodeEnd(event: Extract<RunEvent, { kind: 'node-ended' }>): string[] {
  const { nodeId, state, durationMs, error, previews = {}, reason } = event;
  const notes = [
    state === 'cached' ? 'from the cache' : durationMs === undefined ? state : formatDuration(durationMs),
    formatOutputs(previews),
    state === 'skipped' || state === 'cancelled' ? (reason ?? '') : '',
  ].filter((note) => note !== '');
  return [`${stateMark(state)} ${nodeId}  ${styleText('dim', notes.join('  '))}`, ...formatErrorRecord(error)];
}

/** A hook that failed or was ended with its run, where everybody looks at the step alone. */
export function describeHookFailure(
  nodeId: string,
  { role, outcome = 'failed', error }: Pick<HookRecord, 'role' | 'error'> & Partial<Pick<HookRecord, 'outcome'>>,
): string[] {
  const what = outcome === 'cancelled' ? 'was cancelled' : 'failed';
  return [`${styleText('yellow', '!')} ${nodeId}  its ${role} ${what}`, ...formatErrorRecord(error)];
}

/** `exited with code 3`: why an attempt ended, as the rest of a sentence. */
export function describeEndCause(cause: AttemptFailed['cause']): string {
  switch (cause.kind) {
    case 'completed':
      return 'failed';
    case 'exited':
      return `exited with code ${cause.exitCode}`;
    case 'signalled':
      return `was ended by ${cause.signal}`;
    case 'out-of-memory':
      return `ran out of memory${cause.limitBytes === undefined ? '' : ` (limit ${formatBytes(cause.limitBytes)})`}`;
    case 'timed-out':
      return `took longer than ${formatDuration(cause.timeoutMs)}`;
    case 'not-started':
    case 'evicted':
    case 'lost':
    case 'refused':
      return `${cause.kind.replace('-', ' ')}: ${cause.reason}`;
    case 'stopped':
      return 'was stopped';
  }
}
