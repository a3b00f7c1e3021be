import { readdirSync, readFileSync } from 'node:fs';
import { workerTokenVariable } from './worker-protocol.ts';

/**
 * The processes that carry one of these worker tokens in their environment: a worker and whatever its steps started, also
 * what has a session of its own and what outlived the process that started it. Only on Linux; elsewhere none is found.
 */
export function listProcessesOfWorkers(tokens: ReadonlySet<string>): number[] {
  if (process.platform !== 'linux' || tokens.size === 0) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const token = readToken(pid);
      return token !== undefined && tokens.has(token);
    });
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
  { except = [], rounds = 500 }: { readonly except?: readonly number[]; readonly rounds?: number } = {},
): Promise<boolean> {
  for (let round = 0; round < rounds; round += 1) {
    const found = listProcessesOfWorkers(tokens).filter((pid) => !except.includes(pid));
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
