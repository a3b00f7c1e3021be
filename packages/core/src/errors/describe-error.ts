import type { SecretValues } from '../secret/redact.ts';
import { MlstackError } from './mlstack-error.ts';

/** An error as data, inside a report about several things. */
export interface DescribedError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function describeError(error: unknown, secrets?: SecretValues): DescribedError {
  const redact = (text: string) => secrets?.redact(text) ?? text;
  if (!MlstackError.is(error)) {
    return { code: 'UNEXPECTED', message: redact(error instanceof Error ? error.message : String(error)) };
  }
  const { code, message, hint } = error;
  return { code, message: redact(message), ...(hint === undefined ? {} : { hint: redact(hint) }) };
}
