import type { EndCause } from './launcher.ts';
import type { ErrorRecord } from './step-result.ts';

/** Why a step is over that did not say so itself, for people. */
export function describeEndCause(step: string, cause: EndCause): ErrorRecord {
  const subject = `Step "${step}"`;
  switch (cause.kind) {
    case 'completed':
      return failure('STEP_WITHOUT_RESULT', `${subject} ended, and its result cannot be found.`);
    case 'exited':
      return failure(
        'STEP_EXITED',
        `${subject} ended its process with exit code ${cause.exitCode} before it returned.`,
        'Look for process.exit in the step and in what it calls; return or throw instead.',
      );
    case 'signalled':
      if (cause.probably === 'out-of-memory') {
        return failure(
          'STEP_KILLED',
          `${subject} was ended by signal ${cause.signal}, probably by the system, which ran out of memory at that time.`,
          'Let it hold less at once, run fewer steps side by side (concurrency), or limit it with resources: { memory: … }.',
        );
      }
      return failure(
        'STEP_KILLED',
        `${subject} was ended by signal ${cause.signal}.`,
        'Something outside mlstack, or a crash of native code, ended its process.',
      );
    case 'out-of-memory':
      return failure(
        'STEP_OUT_OF_MEMORY',
        cause.limitBytes === undefined
          ? `${subject} ran out of memory.`
          : `${subject} ran out of memory: its limit is ${formatBytes(cause.limitBytes)}.`,
        'Give it more with resources: { memory: … }, or let it hold less at once.',
      );
    case 'timed-out':
      return failure(
        'STEP_TIMED_OUT',
        `${subject} was ended since it took longer than its timeout of ${cause.timeoutMs / 1000} s.`,
        'Raise its timeoutMs, or see in its log what it was doing.',
      );
    case 'not-started':
      return failure(
        'STEP_NOT_STARTED',
        `${subject} did not start in time: ${cause.reason}`,
        'Raise its startTimeoutMs, or free what it waits for.',
      );
    case 'evicted':
      return failure('STEP_EVICTED', `${subject} was evicted: ${cause.reason}`, 'Set retry to have it started again.');
    case 'lost':
      return failure('STEP_LOST', `${subject} was lost: ${cause.reason}`, 'Set retry to have it started again.');
    case 'refused':
      return failure('STEP_REFUSED', `${subject} could not be started: ${cause.reason}`);
    case 'stopped':
      return failure('STEP_STOPPED', `${subject} was stopped.`);
  }
}

function failure(code: string, message: string, hint?: string): ErrorRecord {
  return { name: 'StepEndedError', code, message, ...(hint === undefined ? {} : { hint }) };
}

function formatBytes(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
