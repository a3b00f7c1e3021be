import { Writable } from 'node:stream';
import { toTerminalText } from './terminal-text.ts';

/** Shows the bytes of a text that others wrote at a terminal. Of bytes that are no text it shows nothing more, and `isText` says so. */
export class TerminalWriter extends Writable {
  readonly #terminal: NodeJS.WritableStream;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #endsLine = true;
  isText = true;

  constructor(terminal: NodeJS.WritableStream) {
    super();
    this.#terminal = terminal;
  }

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const text = this.isText ? this.#decode(chunk) : '';
    if (text !== '') this.#endsLine = text.endsWith('\n');
    this.#terminal.write(toTerminalText(text), () => done());
  }

  /** The last line is ended too: a prompt, or `npx` as it ends, would write over it. */
  override _final(done: () => void): void {
    if (this.#endsLine) done();
    else this.#terminal.write('\n', done);
  }

  #decode(chunk: Uint8Array): string {
    try {
      if (!chunk.includes(0)) return this.#decoder.decode(chunk, { stream: true });
    } catch {
      // No UTF-8.
    }
    this.isText = false;
    return '';
  }
}
