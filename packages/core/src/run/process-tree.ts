import { readdirSync, readFileSync } from 'node:fs';
import { workerTokenVariable } from './worker-protocol.ts';

/** One that all to be found have begun after: a look at each process costs a part of a millisecond, on a busy machine more. */
export interface BegunProcess {
  readonly pid: number;
  /** By `performance.now()`, when it had not begun yet. */
  readonly startedAtMs: number;
}

/**
 * The processes that carry one of these worker tokens in their environment: a worker and whatever its steps started, also
 * what has a session of its own and what outlived the process that started it. Only on Linux; elsewhere none is found.
 */
export function listProcessesOfWorkers(tokens: ReadonlySet<string>, begunWith?: BegunProcess): number[] {
  if (process.platform !== 'linux' || tokens.size === 0) return [];
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const first = begunWith === undefined ? 0 : firstIdSince(begunWith);
  return all.filter((pid) => {
    if (pid < first) return false;
    const token = readToken(pid);
    return token !== undefined && tokens.has(token);
  });
}

/** In this time no system gives out all its process ids. */
const shortLifeMs = 10_000;

/** The system gives out ids in turn, up to the largest, and then the free ones from the start. */
function firstIdSince({ pid, startedAtMs }: BegunProcess): number {
  if (performance.now() - startedAtMs > shortLifeMs) return 0;
  const newest = Number(readFileSync('/proc/loadavg', 'latin1').trim().split(' ').at(-1));
  return newest >= pid ? pid : 0;
}

/** Sends SIGKILL to the process group, where there is one. */
export function killProcessGroup(leader: number): void {
  send(-leader);
}

/**
 * Ends every process of these workers but those of `except`. One that is being started meanwhile is met in the next round; what is left
 * after `rounds` is beyond SIGKILL, in the kernel.
 */
export async function endProcessesOfWorkers(
  tokens: ReadonlySet<string>,
  {
    except = [],
    rounds = 500,
    begunWith,
  }: { readonly except?: readonly number[]; readonly rounds?: number; readonly begunWith?: BegunProcess } = {},
): Promise<boolean> {
  for (let round = 0; round < rounds; round += 1) {
    const found = listProcessesOfWorkers(tokens, begunWith).filter((pid) => !except.includes(pid));
    if (found.length === 0) return true;
    for (const pid of found) send(pid);
    await new Promise((resolve) => setTimeout(resolve, Math.min(round, 20)));
  }
  return false;
}

const variablePrefix = `${workerTokenVariable}=`;

/** What is dead and merely not yet collected has no environment any more. */
function readToken(pid: number): string | undefined {
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`;
    const start = environment.indexOf(`\0${variablePrefix}`);
    if (start === -1) return undefined;
    const end = environment.indexOf('\0', start + 1);
    return environment.slice(start + 1 + variablePrefix.length, end === -1 ? undefined : end);
  } catch {
    return undefined;
  }
}

function send(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already, or not ours.
  }
}
