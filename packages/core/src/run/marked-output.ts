import { StringDecoder } from 'node:string_decoder';
import { markerPrefix } from './worker-protocol.ts';

export interface MarkedOutputHandlers {
  text(text: string): void;
  /** All that a job has printed was given. */
  marker(id: number): void;
}

/** Takes one output stream of a worker apart, wherever the borders of its chunks fall. */
export class MarkedOutput {
  readonly #prefix: string;
  readonly #handlers: MarkedOutputHandlers;
  readonly #decoder = new StringDecoder('utf8');
  #held = '';

  constructor(token: string, handlers: MarkedOutputHandlers) {
    this.#prefix = markerPrefix(token);
    this.#handlers = handlers;
  }

  push(chunk: Buffer): void {
    let rest = this.#held + this.#decoder.write(chunk);
    this.#held = '';
    for (;;) {
      const start = this.#findMarker(rest);
      if (start === -1) {
        this.#text(rest);
        return;
      }
      this.#text(rest.slice(0, start));
      const end = rest.indexOf('\n', start);
      if (end === -1) {
        this.#held = rest.slice(start);
        return;
      }
      this.#handlers.marker(Number(rest.slice(start + this.#prefix.length, end)));
      rest = rest.slice(end + 1);
    }
  }

  /** Gives what was held back as the beginning of a marker that did not come. */
  end(): void {
    this.#text(this.#held + this.#decoder.end());
    this.#held = '';
  }

  /** Where a marker is, or may be as far as the text goes. */
  #findMarker(text: string): number {
    for (let start = text.indexOf('\0'); start !== -1; start = text.indexOf('\0', start + 1)) {
      if (this.#prefix.startsWith(text.slice(start, start + this.#prefix.length))) return start;
    }
    return -1;
  }

  #text(text: string): void {
    if (text !== '') this.#handlers.text(text);
  }
}
