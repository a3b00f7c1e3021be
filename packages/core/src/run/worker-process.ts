import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Plan } from '../pipeline/plan.ts';
import { parseWorkerAnswer } from './parse-worker-answer.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { readProcessIdentity } from './process-identity.ts';
import { endProcessesOfWorkers, killProcessGroup } from './process-tree.ts';
import { programFile, programFlags } from './program-file.ts';
import type { LogLine } from './step-log.ts';
import type { ErrorRecord } from './step-result.ts';
import type { WorkerAnswer, WorkerCommand, WorkerJob, WorkerWrite } from './worker-protocol.ts';
import { watchItself, workerPipes, workerTemporaryDirectory, workerTokenVariable } from './worker-protocol.ts';

export interface WorkerOptions {
  /** The worker's program file. Default: this package's own. */
  readonly program?: string;
  /** Laid over this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limit of the JavaScript heap, in bytes. */
  readonly heapLimitBytes?: number;
}

/** How a worker process ended. */
export interface WorkerEnd {
  readonly exitCode?: number;
  readonly signal?: NodeJS.Signals;
  /** The engine gave up since its heap was full. */
  readonly heapExhausted: boolean;
  /** It was ended since something wrote among its answers what is none. */
  readonly garbled: boolean;
  /** It could not be started at all. */
  readonly startError?: Error;
  /** The last of what it printed as an error. */
  readonly errorTail: string;
}

/** What became of a job. */
export type JobOutcome =
  | { readonly kind: 'compiled'; readonly plan: Plan }
  | { readonly kind: 'executed'; readonly result: unknown; readonly reusable: boolean }
  | { readonly kind: 'failed'; readonly error: ErrorRecord }
  /** The process ended before the job did. */
  | { readonly kind: 'ended'; readonly end: WorkerEnd };

export interface JobHandlers {
  /** The worker has begun with it. */
  started?(): void;
  /** Something was printed. A promise holds back what comes after, and at last the program that prints. */
  output?(stream: 'stdout' | 'stderr', text: string): Promise<void> | void;
  /** A line of `context.log`. A promise holds back as that of `output` does. */
  log?(line: LogLine): Promise<void> | void;
}

export type WriteOutcome = 'written' | 'exists' | 'failed';

interface RunningJob {
  readonly id: number;
  readonly handlers: JobHandlers;
  readonly done: PromiseWithResolvers<JobOutcome>;
  answer: JobOutcome | undefined;
}

const tailLength = 16 * 1024;
/** How long a worker may take to end by itself when it is closed, in milliseconds. */
const closeGraceMs = 1000;
/** How long the pipes of a dead worker may stay open: for ever where a process that cannot be found holds them. */
const drainMs = 2000;

/**
 * A worker process, from its parent's side: it does one job at a time. It is the leader of a process group of its own, ends with
 * all that its jobs started when this process dies, however that happens, and leaves nothing behind when it ends itself.
 */
export class WorkerProcess {
  /** In the environment of the worker and of every process that its jobs start. */
  readonly token = makeToken();
  /** Resolves when the process begins with a job as soon as it gets one, or has ended before. */
  readonly ready: Promise<void>;
  /** Resolves when the process and all that it started are gone. */
  readonly ended: Promise<WorkerEnd>;
  readonly #child: ChildProcess;
  #nextId = 1;
  #job: RunningJob | undefined;
  #errorTail = '';
  readonly #becameReady = Promise.withResolvers<void>();
  readonly #writes = new Map<number, (outcome: WriteOutcome) => void>();
  /** What each of them waits for. */
  readonly #heldBack = new Map<Readable, Promise<void>>();
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  readonly #startedAtMs = performance.now();
  #isReady = false;
  #isGarbled = false;
  #isOver = false;

  constructor({ program = programFile('worker-main'), env = {}, heapLimitBytes }: WorkerOptions = {}) {
    // No flag but of the heap: with any other, V8 refuses its compiled code, Node's own and the cached, a quarter of the start.
    const heap = heapLimitBytes === undefined ? [] : [`--max-old-space-size=${Math.ceil(heapLimitBytes / 2 ** 20)}`];
    const [file, ...args] = watchedCommand([process.execPath, ...programFlags(program), ...heap, program]);
    // Only here: a worker loads this module, too, and starts none.
    const { spawn } = process.getBuiltinModule('node:child_process');
    this.#child = spawn(file, args, {
      detached: true,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env, [workerTokenVariable]: this.token },
    });
    this.ended = this.#observeEnd();
    this.ready = Promise.race([this.#becameReady.promise, this.ended.then(() => {})]);
    // A write to a process that has just died is told by its end.
    for (const stream of this.#pipes) stream?.on('error', () => {});
    if (this.#child.pid === undefined) return;
    this.#readOutput('stdout', this.#child.stdout as Readable);
    this.#readOutput('stderr', this.#child.stderr as Readable);
    this.#readAnswers(this.#child.stdio[4] as Readable);
  }

  /** `undefined` when it could not be started, or is gone. */
  get identity(): ProcessIdentity | undefined {
    return this.#child.pid === undefined ? undefined : readProcessIdentity(this.#child.pid);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Or it will be in a moment. */
  get isOver(): boolean {
    return this.#isOver || this.#isGarbled;
  }

  /** Never rejects. */
  run(job: WorkerJob, handlers: JobHandlers = {}): Promise<JobOutcome> {
    if (this.#job !== undefined) throw new TypeError('A worker does one job at a time.');
    const id = this.#nextId++;
    const done = Promise.withResolvers<JobOutcome>();
    this.#job = { id, handlers, done, answer: undefined };
    if (this.#isOver) void this.ended.then((end) => this.#finish({ kind: 'ended', end }));
    else {
      this.#send({ kind: 'job', id, job });
      if (this.#isReady) handlers.started?.();
    }
    return done.promise;
  }

  /**
   * Has it write something to the artifact store, also while a job is under way: one that blocks its thread holds that up. `failed` also
   * where there is no answer in time, or what the job says is held back, which does not mean that nothing is written.
   */
  async write(write: WorkerWrite, timeoutMs: number): Promise<WriteOutcome> {
    if (this.#isOver || this.#heldBack.size > 0) return 'failed';
    const id = this.#nextId++;
    const done = Promise.withResolvers<WriteOutcome>();
    this.#writes.set(id, done.resolve);
    const timer = setTimeout(() => done.resolve('failed'), timeoutMs);
    void this.ended.then(() => done.resolve('failed'));
    this.#send({ kind: 'write', id, write });
    try {
      return await done.promise;
    } finally {
      clearTimeout(timer);
      this.#writes.delete(id);
    }
  }

  /** Aborts the signal of the job that is under way. One that blocks its thread does not notice. */
  abort(reason: 'stopped' | 'timed-out'): void {
    if (this.#job !== undefined) this.#send({ kind: 'abort', id: this.#job.id, reason });
  }

  /** Ends the process and all that it started, at once. */
  kill(): Promise<WorkerEnd> {
    if (this.#child.pid !== undefined && !this.#isOver) {
      killProcessGroup(this.#child.pid);
      this.#child.kill('SIGKILL');
    }
    return this.ended;
  }

  /** Lets it end by itself, so that what user code does on exit is done, and kills it where it does not. */
  async close(): Promise<void> {
    if (!this.#isOver) this.#send({ kind: 'close' });
    const timer = setTimeout(() => void this.kill(), closeGraceMs);
    await this.ended;
    clearTimeout(timer);
  }

  #send(command: WorkerCommand): void {
    (this.#pipes[3] as Writable | undefined)?.write(`${JSON.stringify(command)}\n`);
  }

  /** None where it could not be started for want of descriptors. */
  get #pipes(): ChildProcess['stdio'] | readonly [] {
    return (this.#child.stdio as ChildProcess['stdio'] | undefined) ?? [];
  }

  #readOutput(name: 'stdout' | 'stderr', stream: Readable): void {
    stream.on('data', (chunk: Buffer) => this.#holdBack(stream, this.#print(name, this.#decoders[name].write(chunk))));
    stream.on('close', () => this.#print(name, this.#decoders[name].end()));
  }

  /** What comes between two jobs belongs to neither. */
  #print(name: 'stdout' | 'stderr', text: string): Promise<void> | void {
    if (text === '') return;
    if (name === 'stderr') this.#errorTail = (this.#errorTail + text).slice(-tailLength);
    return this.#job?.handlers.output?.(name, text);
  }

  #readAnswers(stream: Readable): void {
    const decoder = new StringDecoder('utf8');
    let parts: string[] = [];
    stream.on('data', (chunk: Buffer) => {
      if (this.#isGarbled) return;
      const lines = decoder.write(chunk).split('\n');
      for (const [index, line] of lines.entries()) {
        parts.push(line);
        if (index === lines.length - 1) break;
        const answer = parseWorkerAnswer(parts.join(''));
        parts = [];
        if (answer === undefined) {
          this.#giveUp();
          return;
        }
        this.#holdBack(stream, this.#take(answer));
      }
    });
  }

  /**
   * One that must wait to say more writes nothing for us meanwhile, or its answer waits, too: nobody may wait for that. What a job that has
   * ended left in its pipes is little.
   */
  #holdBack(stream: Readable, taken: Promise<void> | void): void {
    if (taken === undefined || this.#heldBack.has(stream) || this.#job?.answer !== undefined) return;
    this.#heldBack.set(stream, taken);
    stream.pause();
    for (const end of this.#writes.values()) end('failed');
    void taken.finally(() => this.#heldBack.get(stream) === taken && this.#readOn(stream));
  }

  #readOn(stream: Readable): void {
    this.#heldBack.delete(stream);
    stream.resume();
  }

  #take(answer: WorkerAnswer): Promise<void> | void {
    const job = this.#job;
    if (answer.kind === 'ready') {
      this.#isReady = true;
      this.#becameReady.resolve();
      job?.handlers.started?.();
      return;
    }
    if (answer.kind === 'write-ended') {
      this.#writes.get(answer.id)?.(answer.outcome);
      return;
    }
    if (job === undefined || job.id !== answer.id) return;
    if (answer.kind === 'log') return job.handlers.log?.(answer.line);
    const { id: _id, ...outcome } = answer;
    job.answer = outcome;
    for (const held of this.#heldBack.keys()) this.#readOn(held);
    void this.#finishWhenRead(job);
  }

  /**
   * What was printed before the answer was written is in the pipes by then. What the loop reads in the turn of the answer was chosen when the turn
   * began, maybe before either was written; in the whole next turn it reads all of it, from pipes that were held back, too.
   */
  async #finishWhenRead(job: RunningJob): Promise<void> {
    await nextTurn();
    await nextTurn();
    if (this.#job === job && job.answer !== undefined) this.#finish(job.answer);
  }

  /** Whoever writes among its answers may write anything: it is not heard any more. */
  #giveUp(): void {
    this.#isGarbled = true;
    if (this.#job !== undefined) this.#job.answer = undefined;
    void this.kill();
  }

  #finish(outcome: JobOutcome): void {
    const job = this.#job;
    for (const name of ['stdout', 'stderr'] as const) void this.#print(name, this.#decoders[name].end());
    this.#job = undefined;
    job?.done.resolve(outcome);
  }

  async #observeEnd(): Promise<WorkerEnd> {
    const end = await new Promise<Pick<WorkerEnd, 'exitCode' | 'signal' | 'startError'>>((resolve) => {
      this.#child.once('error', (startError) => this.#child.pid === undefined && resolve({ startError }));
      this.#child.once('exit', (exitCode, signal) =>
        resolve(signal === null ? { exitCode: exitCode ?? 0 } : { signal }),
      );
    });
    this.#isOver = true;
    const { pid } = this.#child;
    if (pid !== undefined) {
      killProcessGroup(pid);
      await endProcessesOfWorkers(new Set([this.token]), { begunWith: { pid, startedAtMs: this.#startedAtMs } });
      await this.#drain();
      await removeFolder(workerTemporaryDirectory(this.token));
    }
    const heapExhausted = /FATAL ERROR:.*heap out of memory/.test(this.#errorTail) && end.exitCode === undefined;
    const observed = { ...end, heapExhausted, garbled: this.#isGarbled, errorTail: this.#errorTail };
    if (this.#job !== undefined) this.#finish(this.#job.answer ?? { kind: 'ended', end: observed });
    return observed;
  }

  /** What was printed may still be in the pipes. They end when nobody is left who could write to them. */
  async #drain(): Promise<void> {
    const streams = [this.#child.stdout, this.#child.stderr, this.#child.stdio[4] as Readable];
    const closed = streams.map((stream) =>
      stream === null || stream.destroyed ? undefined : new Promise((resolve) => stream.once('close', resolve)),
    );
    await Promise.race([Promise.all(closed), delay(drainMs, undefined, { ref: false })]);
    for (const stream of this.#child.stdio) stream?.destroy();
  }
}

/** Unlike any other on this machine; no secret, since all that a worker starts knows it. Loading a library of cryptography for it would hold up the start. */
function makeToken(): string {
  const random = () => Math.random().toString(36).slice(2, 13).padEnd(11, '0');
  return `${process.pid.toString(36)}-${Date.now().toString(36)}-${random()}${random()}`;
}

/** Most steps have made none. */
async function removeFolder(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const { rm } = await import('node:fs/promises');
  await rm(folder, { recursive: true, force: true });
}

const shell = '/bin/sh';

/**
 * A command that becomes the worker, with something beside it that waits for the end of the watch pipe and ends the worker then,
 * whatever blocks it: a shell, of which there is one nearly everywhere, and which starts Node only when it is time to act.
 */
function watchedCommand(worker: readonly string[]): [string, ...string[]] {
  const [file = process.execPath, ...args] = worker;
  // As in a pod: with the first process of a namespace the kernel ends all others.
  if (process.pid === 1) return [file, ...args];
  if (!existsSync(shell)) return [file, ...args, watchItself];
  const end = programFile('end-worker');
  const ending = quote([process.execPath, ...programFlags(end), end]);
  const { commands, answers, watch } = workerPipes;
  return [
    shell,
    '-c',
    `(exec >/dev/null 2>&1 ${commands}>&- ${answers}>&-; read -r _ <&${watch} || { ${ending} $$; kill -KILL 0; }) &
     exec ${watch}>&-; exec ${quote(worker)}`,
  ];
}

function quote(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}
