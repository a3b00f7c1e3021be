/** The program of one execution on another machine, once its code is there. */
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MlstackError } from './errors/mlstack-error.ts';
import { parseBytes } from './pipeline/parse-bytes.ts';
import { encodeRemoteEnd } from './run/encode-remote-end.ts';
import type { EndCause } from './run/launcher.ts';
import { RelayedStore } from './run/relayed-store.ts';
import type { RemoteLaunch } from './run/remote-launch.ts';
import { resultKey } from './run/step-log.ts';
import type { RequestHead, ResolvedReference } from './run/step-request.ts';
import type { SupervisedEnd } from './run/supervise-step.ts';
import { superviseStep } from './run/supervise-step.ts';
import { WorkerProcess } from './run/worker-process.ts';
import { SecretValues } from './secret/redact.ts';

export interface RemoteExecution {
  /** Folder with a folder for each part of the code. */
  readonly root: string;
  readonly launch: RemoteLaunch;
  readonly env: Readonly<Record<string, string>>;
  /** Of the request, which waits in the artifact store. */
  readonly request: RequestHead;
}

/** How long an artifact store that fails is asked again, in milliseconds. */
const patienceMs = 300_000;
const stopGraceMs = 8000;
/** Where a platform of containers reads what a program says last. */
const terminationFile = '/dev/termination-log';

/**
 * Executes the request, and publishes its result beside it: the first one, where several do it. What it says of its own failure has
 * no secrets in it.
 */
export async function executeRemotely(execution: RemoteExecution): Promise<void> {
  const secrets = new SecretValues();
  for (const value of Object.values(execution.env)) secrets.add(value);
  try {
    await execute(execution, secrets);
  } catch (error) {
    throw new Error(secrets.redact(error instanceof Error ? error.message : String(error)));
  }
}

async function execute({ root, launch, env, request }: RemoteExecution, secrets: SecretValues): Promise<void> {
  const stopped = new AbortController();
  process.once('SIGTERM', () => stopped.abort());
  Object.assign(process.env, env);
  const { outputPrefix, node } = request;
  const limit = parseBytes(node.settings.resources?.memory ?? '');
  const killsBefore = readMemoryKills();
  // What it would keep for the next process is gone with this machine.
  const worker = new WorkerProcess({
    env: { ...env, NODE_DISABLE_COMPILE_CACHE: '1' },
    ...(limit === undefined ? {} : { heapLimitBytes: limit }),
  });
  const artifactStore = relocate(launch.artifactStore, root);
  const artifactStoreContext = { stateDirectory: join(root, 'state') };
  const store = new RelayedStore({ worker, artifactStore, context: artifactStoreContext, secrets });
  const bundleDirectory = join(root, 'code');
  const step = superviseStep(
    worker,
    { kind: 'execute-stored', request, artifactStore, bundleDirectory, artifactStoreContext },
    { artifactStore: store, secrets },
    // Whoever launched this reads it where this program is ended before it has stored it.
    { onLogEntry: printEntry },
  );
  if (stopped.signal.aborted) step.stop(stopGraceMs);
  else stopped.signal.addEventListener('abort', () => step.stop(stopGraceMs));
  const end = await step.end;
  const cause = readMemoryKills() > killsBefore ? outOfMemory(end.cause, limit) : end.cause;
  await publishResult(store, outputPrefix, end);
  await worker.close();
  await store.close();
  const outcome = (end.result as { readonly outcome?: unknown } | undefined)?.outcome;
  process.exitCode = cause.kind === 'completed' && outcome === 'succeeded' ? 0 : 1;
  try {
    writeFileSync(terminationFile, encodeRemoteEnd({ cause, logChunks: end.logChunks }, secrets));
  } catch {
    // Not in a container.
  }
}

function printEntry(entry: string): void {
  try {
    writeSync(1, entry);
  } catch {
    // Nobody reads it.
  }
}

/** The component with its flavor's code where it was unpacked. */
function relocate(reference: ResolvedReference, root: string): ResolvedReference {
  const { source } = reference;
  const label =
    source.kind === 'package'
      ? { package: source.package, version: source.version }
      : { package: source.file, version: '0' };
  const directory = join(root, 'artifact-store');
  return {
    ...reference,
    source: { kind: 'package', ...label, directory, module: './entry.mjs', export: source.export },
  };
}

async function publishResult(store: RelayedStore, prefix: string, { result }: SupervisedEnd): Promise<void> {
  if (result === undefined) return;
  const body = Buffer.from(JSON.stringify(result));
  await insist(async () => {
    try {
      await store.write(resultKey(prefix), body, { ifAbsent: true });
    } catch (error) {
      if (!MlstackError.is(error) || error.code !== 'OBJECT_EXISTS') throw error;
    }
  });
}

async function insist(work: () => Promise<void>): Promise<void> {
  const limit = Date.now() + patienceMs;
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() + wait > limit) throw error;
      await delay(wait);
    }
  }
}

/** The kernel ends the largest process of the container, which is not this one. */
function outOfMemory(cause: EndCause, limitBytes: number | undefined): EndCause {
  if (cause.kind !== 'signalled') return cause;
  return { kind: 'out-of-memory', ...(limitBytes === undefined ? {} : { limitBytes }) };
}

/** How often the kernel has ended a process of this container for its memory. */
function readMemoryKills(): number {
  for (const file of ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control']) {
    try {
      return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
    } catch {}
  }
  return 0;
}
