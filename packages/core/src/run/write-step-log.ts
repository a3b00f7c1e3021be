import { setTimeout as delay } from 'node:timers/promises';
import type { SecretValues } from '../secret/redact.ts';
import { StreamRedactor } from '../secret/stream-redactor.ts';
import type { LogLine } from './step-log.ts';
import { logChunkKey, maximumChunkBytes, maximumChunkMs } from './step-log.ts';

type OutputName = 'stdout' | 'stderr';

/** Longest text of one entry, in characters. */
const maximumLineLength = 16 * 1024;
/** Waiting bytes above which a step that prints or logs is held back. */
const maximumWaitingBytes = 4 * 1024 * 1024;
const writeAttempts = 3;
/** A store that took longer than this to fail has been patient itself. In milliseconds. */
const impatienceMs = 5000;

/** Where chunks go. */
export interface LogStore {
  write(key: string, body: Uint8Array): Promise<unknown>;
}

/** Makes the chunks of one execution's log. Costs nothing for an execution that says nothing. */
export class StepLogWriter {
  readonly #store: LogStore;
  readonly #prefix: string;
  readonly #secrets: SecretValues;
  readonly #echo: ((entry: string) => void) | undefined;
  readonly #outputs = new Map<OutputName, PartialLines>();
  #entries: string[] = [];
  #bytes = 0;
  #chunks = 0;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isEnding = false;
  /** What the store refused, and how many entries have been dropped since. */
  #failure: { readonly error: unknown; missing: number } | undefined;

  /** @param echo told each entry before it is stored, as the line that it is in a chunk. */
  constructor(store: LogStore, outputPrefix: string, secrets: SecretValues, echo?: (entry: string) => void) {
    this.#store = store;
    this.#echo = echo;
    this.#prefix = outputPrefix;
    this.#secrets = secrets;
  }

  /** The promise, where there is one, says when the store has caught up. */
  print(stream: OutputName, text: string): Promise<void> | undefined {
    let lines = this.#outputs.get(stream);
    if (lines === undefined) {
      lines = new PartialLines(this.#secrets);
      this.#outputs.set(stream, lines);
    }
    for (const entry of lines.push(text)) this.#add({ time: new Date().toISOString(), stream, ...entry });
    this.#startTimer();
    return this.#heldBack();
  }

  /** As for `print`. */
  log(line: LogLine): Promise<void> | undefined {
    this.#add({ ...line, text: this.#secrets.redact(line.text) });
    this.#startTimer();
    return this.#heldBack();
  }

  /**
   * Stores the rest. Resolves with the number of chunks. Where the store failed, the log ends early and says so, if the store takes that: it
   * does not fail a step.
   */
  async end(): Promise<number> {
    this.#isEnding = true;
    clearTimeout(this.#timer);
    for (const [stream, lines] of this.#outputs) {
      for (const entry of lines.end()) this.#add({ time: new Date().toISOString(), stream, ...entry });
    }
    while (this.#entries.length > 0 || this.#writing !== undefined) await (this.#writing ?? this.#startWriting());
    // Nobody waits long for a store that may still be away.
    if (this.#failure !== undefined)
      await Promise.race([
        this.#writeChunk(this.#describeGap(this.#failure), 1),
        delay(impatienceMs, undefined, { ref: false }),
      ]);
    return this.#chunks;
  }

  #heldBack(): Promise<void> | undefined {
    return this.#bytes > maximumWaitingBytes ? this.#writing : undefined;
  }

  #add(line: LogLine): void {
    if (this.#failure !== undefined) this.#failure.missing++;
    if (this.#failure !== undefined && this.#echo === undefined) return;
    const entry = `${JSON.stringify(line)}\n`;
    this.#echo?.(entry);
    if (this.#failure !== undefined) return;
    this.#entries.push(entry);
    this.#bytes += Buffer.byteLength(entry);
    if (this.#bytes >= maximumChunkBytes) void this.#startWriting();
  }

  /** Lines that are not complete after a second are shown as far as they go. */
  #flush(): void {
    this.#timer = undefined;
    for (const [stream, lines] of this.#outputs) {
      for (const entry of lines.flush()) this.#add({ time: new Date().toISOString(), stream, ...entry });
    }
    if (this.#entries.length > 0) void this.#startWriting();
  }

  #startWriting(): Promise<void> {
    this.#writing ??= this.#writeChunks().finally(() => {
      this.#writing = undefined;
      if (this.#entries.length > 0) this.#startTimer();
    });
    return this.#writing;
  }

  #startTimer(): void {
    if (!this.#isEnding) this.#timer ??= setTimeout(() => this.#flush(), maximumChunkMs);
  }

  async #writeChunks(): Promise<void> {
    do {
      const { body, count } = this.#takeChunk();
      const error = await this.#writeChunk(body, writeAttempts);
      if (error === undefined) continue;
      this.#failure = { error, missing: count + this.#entries.length };
      this.#entries = [];
      this.#bytes = 0;
      return;
    } while (this.#bytes >= maximumChunkBytes);
  }

  #takeChunk(): { readonly body: Buffer; readonly count: number } {
    let bytes = 0;
    let count = 0;
    while (count < this.#entries.length) {
      const size = Buffer.byteLength(this.#entries[count] as string);
      if (count > 0 && bytes + size > maximumChunkBytes) break;
      bytes += size;
      count += 1;
    }
    this.#bytes -= bytes;
    return { body: Buffer.from(this.#entries.splice(0, count).join('')), count };
  }

  /** Resolves with why the store did not take it. */
  async #writeChunk(body: Buffer, attempts: number): Promise<unknown> {
    const begun = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#store.write(logChunkKey(this.#prefix, this.#chunks + 1), body);
        this.#chunks += 1;
        return undefined;
      } catch (error) {
        if (attempt >= attempts || Date.now() - begun > impatienceMs) return error ?? new Error('no reason was given');
        await delay(attempt * 200);
      }
    }
  }

  #describeGap({ error, missing }: { readonly error: unknown; readonly missing: number }): Buffer {
    const reason = error instanceof Error ? error.message : String(error);
    const lines = missing === 1 ? 'line of this log is' : 'lines of this log are';
    const text = this.#secrets.redact(`${missing} ${lines} missing here: ${reason}`);
    const line: LogLine = { time: new Date().toISOString(), stream: 'log', level: 'warn', text };
    return Buffer.from(`${JSON.stringify(line)}\n`);
  }
}

interface Entry {
  readonly text: string;
  readonly continues?: true;
}

/** Makes lines of what one stream prints. Only what is redacted leaves it. */
class PartialLines {
  readonly #redactor: StreamRedactor;
  #line = '';

  constructor(secrets: SecretValues) {
    this.#redactor = new StreamRedactor(secrets);
  }

  push(text: string): Entry[] {
    return this.#split(this.#redactor.push(text));
  }

  flush(): Entry[] {
    const text = this.#line;
    this.#line = '';
    return text === '' ? [] : [{ text, continues: true }];
  }

  end(): Entry[] {
    const entries = this.#split(this.#redactor.end());
    if (this.#line !== '') entries.push({ text: this.#line });
    this.#line = '';
    return entries;
  }

  #split(text: string): Entry[] {
    const lines = (this.#line + text).split('\n');
    this.#line = lines.pop() ?? '';
    const entries = lines.flatMap((line) => cut(line.endsWith('\r') ? line.slice(0, -1) : line));
    if (this.#line.length <= maximumLineLength) return entries;
    const pieces = cut(this.#line);
    this.#line = pieces.pop()?.text ?? '';
    return [...entries, ...pieces];
  }
}

function cut(line: string): Entry[] {
  const entries: Entry[] = [];
  let start = 0;
  while (line.length - start > maximumLineLength) {
    // A character of two halves stays whole.
    const end =
      start + maximumLineLength - (/[\ud800-\udbff]/.test(line[start + maximumLineLength - 1] as string) ? 1 : 0);
    entries.push({ text: line.slice(start, end), continues: true });
    start = end;
  }
  entries.push({ text: line.slice(start) });
  return entries;
}
