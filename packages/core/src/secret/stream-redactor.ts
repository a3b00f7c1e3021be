import type { SecretValues } from './redact.ts';

/** Redacts text that comes in pieces: what may be the beginning of a secret value waits for the next piece. */
export class StreamRedactor {
  readonly #secrets: SecretValues;
  #held = '';

  constructor(secrets: SecretValues) {
    this.#secrets = secrets;
  }

  push(text: string): string {
    const values = this.#secrets.values();
    if (values.length === 0) return text;
    const whole = this.#held + text;
    const end = findSafeEnd(whole, values);
    this.#held = whole.slice(end);
    return this.#secrets.redact(whole.slice(0, end));
  }

  /** What is still held back: no more will come. */
  end(): string {
    const rest = this.#secrets.redact(this.#held);
    this.#held = '';
    return rest;
  }
}

/** Up to where the text is redacted as it will be whatever comes after it. */
function findSafeEnd(text: string, values: readonly string[]): number {
  for (let start = 0; ; ) {
    const rest = text.slice(start);
    const open = rest.length - longestBeginning(rest, values);
    const found = findFirst(rest, values);
    if (found === undefined || found.start >= open) return start + open;
    start += found.end;
  }
}

/** Length of the longest end of the text that begins a value without being all of it. */
function longestBeginning(text: string, values: readonly string[]): number {
  let longest = 0;
  for (const value of values) {
    for (let length = Math.min(value.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(value.slice(0, length))) longest = length;
    }
  }
  return longest;
}

/** The first value in the text; of several at one place the longest, which comes first among the values. */
function findFirst(
  text: string,
  values: readonly string[],
): { readonly start: number; readonly end: number } | undefined {
  let found: { readonly start: number; readonly end: number } | undefined;
  for (const value of values) {
    const start = text.indexOf(value);
    if (start !== -1 && (found === undefined || start < found.start)) found = { start, end: start + value.length };
  }
  return found;
}
