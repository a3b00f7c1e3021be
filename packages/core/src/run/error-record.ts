import { MlstackError } from '../errors/mlstack-error.ts';
import type { ErrorRecord } from './step-result.ts';

const maximumCauses = 10;
const maximumTextLength = 16 * 1024;

export interface ErrorRecordOptions {
  /** Turns a stack into the user's own lines. */
  readonly mapStack?: (stack: string) => string;
}

/** An error as data, with its causes. What is thrown need not be an error. */
export function toErrorRecord(error: unknown, options: ErrorRecordOptions = {}): ErrorRecord {
  return recordOf(error, options, maximumCauses);
}

function recordOf(error: unknown, options: ErrorRecordOptions, causesLeft: number): ErrorRecord {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: shorten(typeof error === 'string' ? error : describe(error)) };
  }
  const { name, message, stack, cause } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const hint = MlstackError.is(error) ? error.hint : undefined;
  const { mapStack = (text: string) => text } = options;
  return {
    name: String(name),
    message: shorten(String(message)),
    ...(code === undefined ? {} : { code }),
    ...(hint === undefined ? {} : { hint }),
    ...(typeof stack !== 'string' || MlstackError.is(error) ? {} : { stack: shorten(mapStack(stack)) }),
    ...(cause === undefined || causesLeft === 0 ? {} : { cause: recordOf(cause, options, causesLeft - 1) }),
  };
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
