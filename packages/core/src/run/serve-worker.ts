import { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import type { ComponentReference, StepRequest } from './step-request.ts';
import type { ErrorRecord } from './step-result.ts';
import type {
  CompileJob,
  ExecuteJob,
  ExecuteStoredJob,
  WorkerAnswer,
  WorkerCommand,
  WorkerJob,
  WorkerWrite,
} from './worker-protocol.ts';
import { workerPipes } from './worker-protocol.ts';
import { writeFully } from './write-fully.ts';

interface CurrentJob {
  readonly id: number;
  readonly abort: AbortController;
  /** Ends the job early: an exception that nobody caught. */
  fail(error: unknown): void;
}

let current: CurrentJob | undefined;

/**
 * Ten times V8's own: after three answers of a server it takes an HTTP parser in WebAssembly for worth optimizing, which costs 40 ms of
 * processor time that a short step on another machine never has back. What computes in WebAssembly reaches this, too, in a fraction of a second.
 */
const wasmTieringBudget = 130_000_000;

/** How long what watches for the parent's death may take to end this process. */
const orphanedMs = 60_000;

/** The worker's side of its pipes: does one job after the other until it is told to close or its parent dies. */
export function serveWorker(): void {
  makeOutputBlocking('stdout');
  makeOutputBlocking('stderr');
  process.on('uncaughtException', failOnUncaught);
  const commands = new Socket({ fd: workerPipes.commands, readable: true, writable: false });
  const decoder = new StringDecoder('utf8');
  let rest = '';
  commands.on('error', () => {});
  // The parent is dead. Ending here at once would stop the watch thread while it looks for what steps have started.
  commands.on('close', () => setTimeout(() => process.exit(1), orphanedMs));
  commands.on('data', (chunk: Buffer) => {
    const text = rest + decoder.write(chunk);
    const lines = text.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) obey(JSON.parse(line) as WorkerCommand);
  });
  send({ kind: 'ready' });
  setImmediate(importAhead);
}

/** What every job needs, while nobody waits for it. */
function importAhead(): void {
  void import('./load-pipeline.ts').then(() => setImmediate(() => void import('./execute-step.ts')));
}

function obey(command: WorkerCommand): void {
  if (command.kind === 'job') void doJob(command.id, command.job);
  else if (command.kind === 'write') void write(command.id, command.write);
  else if (command.kind === 'close') process.exit(0);
  else if (current?.id === command.id) current.abort.abort(abortReason(command.reason));
}

async function doJob(id: number, job: WorkerJob): Promise<void> {
  const abort = new AbortController();
  const failed = Promise.withResolvers<never>();
  current = { id, abort, fail: failed.reject };
  let answer: WorkerAnswer;
  try {
    answer = await Promise.race([
      failed.promise,
      job.kind === 'compile' ? compile(id, job) : execute(id, job, abort.signal),
    ]);
  } catch (error) {
    answer = { kind: 'failed', id, error: await recordError(error, job) };
  }
  current = undefined;
  send(answer);
  if (job.kind === 'compile' && job.prepare !== undefined) setImmediate(prepare, job.prepare);
}

/** What fails here fails again, and is told, when a step needs it. */
async function prepare({ source }: ComponentReference): Promise<void> {
  if (source.kind !== 'package') return;
  try {
    const [{ loadFlavor }] = await Promise.all([import('../flavor/load-flavor.ts'), import('./execute-step.ts')]);
    await (await loadFlavor(source, undefined)).loadImplementation();
    // For the hashes of what steps return.
    process.getBuiltinModule('node:crypto');
  } catch {}
}

async function compile(
  id: number,
  { directory, export: exportName, configuration }: CompileJob,
): Promise<WorkerAnswer> {
  const { loadPipeline } = await import('./load-pipeline.ts');
  const { plan } = await loadPipeline(directory, exportName, configuration);
  return { kind: 'compiled', id, plan };
}

let executor: ReturnType<typeof loadExecutor> | undefined;

/** An import takes its time, also of what is there. */
async function loadExecutor() {
  const [{ executeStep }, { loadPipeline }] = await Promise.all([
    import('./execute-step.ts'),
    import('./load-pipeline.ts'),
  ]);
  return { executeStep, loadPipeline };
}

async function execute(id: number, job: ExecuteJob | ExecuteStoredJob, signal: AbortSignal): Promise<WorkerAnswer> {
  const { bundleDirectory, artifactStoreContext } = job;
  executor ??= loadExecutor();
  const [{ executeStep, loadPipeline }, request] = await Promise.all([
    executor,
    job.kind === 'execute' ? job.request : readRequest(job),
  ]);
  // What modules change while they are imported is alike in every worker. Where the import fails, the step says so.
  await loadPipeline(bundleDirectory, request.code.export, request.code.configuration).catch(() => {});
  initialSurroundings ??= { directory: currentDirectory(), env: { ...process.env } };
  const workBefore = countPendingWork();
  const result = await executeStep(request, {
    bundleDirectory,
    artifactStoreContext,
    signal,
    log: (line) => send({ kind: 'log', id, line }),
  });
  const isClean = isUnchanged(initialSurroundings) && countPendingWork() <= workBefore;
  const reusable = result.outcome === 'succeeded' && !signal.aborted && isClean;
  return { kind: 'executed', id, result, reusable };
}

async function readRequest({ request, artifactStore, artifactStoreContext }: ExecuteStoredJob): Promise<StepRequest> {
  const [{ loadStepStore }, { readStepRequest }] = await Promise.all([
    import('./load-step-store.ts'),
    import('./read-step-request.ts'),
  ]);
  const store = await loadStepStore(artifactStore, artifactStoreContext);
  // Not before its modules are loaded: V8 refuses code that was compiled under other flags, and Node's own would be compiled anew.
  process.getBuiltinModule('node:v8').setFlagsFromString(`--wasm-tiering-budget=${wasmTieringBudget}`);
  const stored = await readStepRequest(store, request.outputPrefix);
  return { ...stored, components: { ...stored.components, artifactStore } };
}

async function write(id: number, { artifactStore, context, key, text, ifAbsent }: WorkerWrite): Promise<void> {
  let outcome: 'written' | 'exists' | 'failed' = 'written';
  try {
    const { loadStepStore } = await import('./load-step-store.ts');
    const body = Buffer.from(text);
    await (await loadStepStore(artifactStore, context)).write(key, body, { ifAbsent, size: body.length });
  } catch (error) {
    outcome = (error as { readonly code?: unknown }).code === 'OBJECT_EXISTS' ? 'exists' : 'failed';
  }
  send({ kind: 'write-ended', id, outcome });
}

/** What the next step would find changed. */
interface Surroundings {
  readonly directory: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

let initialSurroundings: Surroundings | undefined;

/** Each look at a variable asks the system. */
function isUnchanged({ directory, env }: Surroundings): boolean {
  const names = Object.keys(env);
  const now = process.env;
  return (
    currentDirectory() === directory &&
    Reflect.ownKeys(now).length === names.length &&
    names.every((name) => now[name] === env[name])
  );
}

/** Undefined where it is gone. */
function currentDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

/** Timers and requests under way: what they print or throw when the step is over must not meet the next one. */
function countPendingWork(): number {
  return process.getActiveResourcesInfo().filter((type) => /^(Timeout|Immediate)$|Req/.test(type)).length;
}

/** Without this listener an exception that nobody catches would end the process with nothing but a trace in the log. */
function failOnUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return;
  if (current !== undefined) {
    current.fail(error);
    return;
  }
  console.error(error);
  process.exit(1);
}

async function recordError(error: unknown, job: WorkerJob): Promise<ErrorRecord> {
  const { toErrorRecord } = await import('./error-record.ts');
  if (job.kind === 'compile') {
    const { toCompileError } = await import('./load-pipeline.ts');
    return toErrorRecord(toCompileError(error, job.directory));
  }
  const { mapStack } = await import('../bundle/map-stack.ts');
  return toErrorRecord(error, { mapStack: (stack) => mapStack(stack, job.bundleDirectory) });
}

function abortReason(reason: 'stopped' | 'timed-out'): DOMException {
  return reason === 'timed-out'
    ? new DOMException('The step took longer than its timeout.', 'TimeoutError')
    : new DOMException('The step was stopped.', 'AbortError');
}

function send(answer: WorkerAnswer): void {
  writeFully(workerPipes.answers, `${JSON.stringify(answer)}\n`);
}

/**
 * What is printed is in the pipe when the call returns: nothing is lost to `process.exit`, and no answer overtakes it. Node opens
 * these streams when they are first asked for, and so does this.
 */
function makeOutputBlocking(name: 'stdout' | 'stderr'): void {
  const property = Object.getOwnPropertyDescriptor(process, name);
  const open = property?.get;
  if (property === undefined || open === undefined) return;
  let isOpen = false;
  Object.defineProperty(process, name, {
    ...property,
    get() {
      const stream = open.call(process) as { readonly _handle?: { setBlocking?(blocking: boolean): void } };
      if (!isOpen) stream._handle?.setBlocking?.(true);
      isOpen = true;
      return stream;
    },
  });
}
