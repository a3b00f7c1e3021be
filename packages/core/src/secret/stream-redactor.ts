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
    const end = whole.length - longestBeginning(whole, values);
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
