import type { LogLine } from './step-log.ts';
import type { WorkerAnswer } from './worker-protocol.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What must hold of an answer beside its kind. A result is left to who knows what it must be of. */
const checks: Readonly<Record<WorkerAnswer['kind'], (answer: Fields) => boolean>> = {
  ready: () => true,
  log: ({ id, line }) => isNumber(id) && isLogLine(line),
  'write-ended': ({ id, outcome }) =>
    isNumber(id) && (outcome === 'written' || outcome === 'exists' || outcome === 'failed'),
  compiled: ({ id, plan }) => isNumber(id) && isObject(plan),
  failed: ({ id, error }) => isNumber(id) && isObject(error) && isText(error.name) && isText(error.message),
  executed: ({ id, reusable }) => isNumber(id) && typeof reusable === 'boolean',
};

/** A line from a worker; nothing where no worker says that: code of the user's runs in its process, and can write to all its pipes. */
export function parseWorkerAnswer(text: string): WorkerAnswer | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(answer) || !isText(answer.kind) || !Object.hasOwn(checks, answer.kind)) return undefined;
  return checks[answer.kind as WorkerAnswer['kind']](answer) ? (answer as unknown as WorkerAnswer) : undefined;
}

const levels: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLine['level'][];

function isLogLine(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { time, stream, level, text, ...more } = value;
  return isText(time) && stream === 'log' && levels.includes(level) && isText(text) && Object.keys(more).length === 0;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
