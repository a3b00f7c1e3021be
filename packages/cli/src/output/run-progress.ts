import { styleText } from 'node:util';
import type { RunEvent } from '@mlstack/core/project';
import { describeEndCause, describeHookFailure, describeNodeEnd } from './describe-run-event.ts';
import { formatErrorRecord } from './format-error-record.ts';
import { formatCount, formatDuration } from './format-quantity.ts';
import { truncate } from './format-table.ts';
import type { RunDisplay } from './show-run.ts';
import { stateMark } from './state-mark.ts';
import { toTerminalText } from './terminal-text.ts';

/** Milliseconds between two drawings. */
const frameMs = 100;
const mostRunningLines = 8;
/** In a longer run only what went wrong is told step by step at a terminal; the others are counted. */
const mostToldNodes = 200;

const cursor = { hide: '\u001b[?25l', show: '\u001b[?25h', clearBelow: '\u001b[J' };

/**
 * Tells of a run while it goes on. At a terminal: what is over, as lines; under them what runs, with its time, drawn anew in one
 * write ten times a second at most. Elsewhere: lines alone. An event costs the same however many steps there are.
 */
export class RunProgress implements RunDisplay {
  readonly #output: NodeJS.WriteStream;
  readonly #isLive: boolean;
  /** What runs, since when, and what waits for its next attempt, until when. */
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, number>();
  #nodes = 0;
  #ended = 0;
  #startedAt = 0;
  #isCancelling = false;
  #lines: string[] = [];
  #drawnLines = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #showCursor = () => this.#output.write(cursor.show);

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
    this.#isLive = output.isTTY === true && process.env.TERM !== 'dumb';
  }

  handle(event: RunEvent): void {
    switch (event.kind) {
      case 'run-started':
        this.#start(event);
        break;
      case 'notice':
        this.#tell(`${styleText('yellow', '!')} ${event.message}`);
        break;
      case 'node-waiting':
        this.#tell(`${stateMark('waiting')} ${event.nodeId} waits: ${event.reason}`);
        break;
      case 'node-started':
        this.#waiting.delete(event.nodeId);
        this.#running.set(event.nodeId, Date.now());
        if (!this.#isLive && this.#nodes <= mostToldNodes) this.#tell(`${stateMark('running')} ${event.nodeId}`);
        break;
      case 'attempt-failed':
        this.#running.delete(event.nodeId);
        this.#waiting.set(event.nodeId, Date.now() + event.nextInMs);
        this.#tell(
          `${styleText('yellow', '!')} ${event.nodeId}  attempt ${event.attempt} ${describeEndCause(event.cause)}, again in ${formatDuration(event.nextInMs)}`,
          ...formatErrorRecord(event.error),
        );
        break;
      case 'node-ended':
        this.#running.delete(event.nodeId);
        this.#waiting.delete(event.nodeId);
        this.#ended++;
        if (this.#nodes <= mostToldNodes || event.state === 'failed') this.#tell(...describeNodeEnd(event));
        break;
      case 'hook-failed':
        this.#tell(...describeHookFailure(event.nodeId, event));
        break;
      case 'run-ended':
        this.#running.clear();
        this.#waiting.clear();
        break;
    }
  }

  print(text: string): void {
    this.#tell(text.replace(/\n$/, ''));
  }

  cancelling(): void {
    this.#isCancelling = true;
    this.#tell(`${styleText('yellow', '!')} Cancelling. Press Ctrl-C again to end at once.`);
  }

  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('exit', this.#showCursor);
    this.#draw([]);
    this.#output.write(cursor.show);
  }

  #start({ name, pipeline, stack, nodes, resumed }: Extract<RunEvent, { kind: 'run-started' }>): void {
    this.#nodes = nodes;
    this.#startedAt = Date.now();
    const begins = resumed ? 'goes on with' : 'runs';
    this.#tell(
      `${styleText('bold', name)}  ${styleText('dim', `${begins} pipeline ${pipeline} on stack ${stack}, ${formatCount(nodes, 'step')}`)}`,
    );
    if (!this.#isLive) return;
    this.#output.write(cursor.hide);
    process.once('exit', this.#showCursor);
    this.#timer = setInterval(() => this.#draw(this.#liveLines()), frameMs);
    this.#timer.unref();
  }

  #tell(...lines: readonly string[]): void {
    const shown = lines.map(toTerminalText);
    if (this.#timer === undefined) this.#output.write(`${shown.join('\n')}\n`);
    else this.#lines.push(...shown);
  }

  #liveLines(): string[] {
    const now = Date.now();
    const rows = Math.max(1, Math.min(mostRunningLines, (this.#output.rows || 24) - 4));
    const lines: string[] = [];
    for (const [nodeId, since] of this.#running) {
      if (lines.length === rows) break;
      lines.push(`${stateMark('running')} ${nodeId}  ${styleText('dim', formatDuration(now - since))}`);
    }
    const more = Math.max(0, this.#running.size - lines.length);
    for (const [nodeId, until] of this.#waiting) {
      if (lines.length === rows) break;
      const left = formatDuration(Math.max(0, until - now));
      lines.push(`${stateMark('waiting')} ${nodeId}  ${styleText('dim', `tried again in ${left}`)}`);
    }
    const total = `${this.#ended}/${this.#nodes} steps  ${formatDuration(now - this.#startedAt)}`;
    const notes = [total, more > 0 ? `and ${more} more running` : '', this.#isCancelling ? 'cancelling' : ''];
    return [...lines, styleText('dim', notes.filter((note) => note !== '').join('  '))];
  }

  #draw(live: readonly string[]): void {
    const width = (this.#output.columns || 80) - 1;
    const up = this.#drawnLines === 0 ? '' : `\u001b[${this.#drawnLines}F`;
    const shown = [...this.#lines, ...live.map((line) => truncate(line, width))];
    this.#lines = [];
    this.#drawnLines = live.length;
    const text = shown.map((line) => `${line}\n`).join('');
    this.#output.write(`${up}${cursor.clearBelow}${text}`);
  }
}
