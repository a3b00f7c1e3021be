import type { ErrorRecord } from '../run/step-result.ts';
import type { SecretValues } from './redact.ts';

/** The error without secrets in any of its texts; of one that is nested too deeply its message alone. */
export function redactError(error: ErrorRecord, secrets: SecretValues): ErrorRecord {
  const redacted = secrets.redactTexts(error) as ErrorRecord | undefined; // an object of the same shape
  return redacted ?? { name: error.name, message: secrets.redact(error.message) };
}
