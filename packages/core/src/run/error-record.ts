import { MlstackError } from '../errors/mlstack-error.ts';
import type { ErrorRecord } from './step-result.ts';

const maximumCauses = 10;
const maximumParts = 5;
const maximumTextLength = 16 * 1024;

export interface ErrorRecordOptions {
  /** Turns a stack into the user's own lines. */
  readonly mapStack?: (stack: string) => string;
}

/** An error as data, with its causes. What is thrown need not be an error. */
export function toErrorRecord(error: unknown, options: ErrorRecordOptions = {}): ErrorRecord {
  return recordOf(error, options, []);
}

/** @param effects what this error is the cause of, the nearest one last. */
function recordOf(error: unknown, options: ErrorRecordOptions, effects: readonly unknown[]): ErrorRecord {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: shorten(typeof error === 'string' ? error : describe(error)) };
  }
  const { name, stack, cause } = error;
  const chain = [...effects, error];
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const hint = MlstackError.is(error) ? error.hint : undefined;
  const { mapStack = (text: string) => text } = options;
  return {
    name: String(name),
    message: shorten(messageOf(error)),
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
    ...(typeof stack !== 'string' || MlstackError.is(error) ? {} : { stack: shorten(mapStack(stack)) }),
    ...(cause === undefined || chain.length > maximumCauses || chain.includes(cause)
      ? {}
      : { cause: recordOf(cause, options, chain) }),
  };
}

/** Of several errors in one, with the first of them. */
function messageOf(error: Error): string {
  const message = String(error.message);
  if (!(error instanceof AggregateError) || !Array.isArray(error.errors)) return message;
  const parts = error.errors.map((one: unknown) =>
    one instanceof Error ? `${one.name}: ${one.message}` : describe(one),
  );
  const shown = parts.slice(0, maximumParts).map((part) => `\n- ${part}`);
  const rest = parts.length - shown.length;
  return `${message}${shown.join('')}${rest > 0 ? `\n- and ${rest} more` : ''}`;
}

function shorten(text: string): string {
  return text.length <= maximumTextLength ? text : `${text.slice(0, maximumTextLength)}…`;
}

function describe(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
