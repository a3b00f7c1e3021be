import type { SecretValues } from './redact.ts';
import { StreamRedactor } from './stream-redactor.ts';

/** Hands on text that comes in pieces, in order and without secrets, from when the secrets are known. */
export class RedactedOutput {
  readonly #handOn: (text: string) => void;
  #redactor: StreamRedactor | undefined;
  #waiting = '';

  constructor(secrets: Promise<SecretValues>, handOn: (text: string) => void) {
    this.#handOn = handOn;
    void secrets.then((known) => {
      this.#redactor = new StreamRedactor(known);
      this.push('');
    });
  }

  push(text: string): void {
    this.#waiting += text;
    if (this.#redactor === undefined) return;
    const shown = this.#redactor.push(this.#waiting);
    this.#waiting = '';
    if (shown !== '') this.#handOn(shown);
  }

  /** To be called once the secrets are known. */
  end(): void {
    const rest = this.#redactor?.end() ?? '';
    if (rest !== '') this.#handOn(rest);
  }
}
