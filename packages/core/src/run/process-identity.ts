import { readFileSync } from 'node:fs';

/** Tells a process from a later one with the same id. */
export interface ProcessIdentity {
  /** Boot id of the host; empty where the system has none. */
  readonly boot: string;
  readonly pid: number;
  /** Start of the process, as the system tells it; empty where it does not: then nothing is known of who has the id now. */
  readonly start: string;
}

let bootId: string | undefined;

export function readBootId(): string {
  bootId ??= readText('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return bootId;
}

/** `undefined` when there is no such process, or when it is dead and merely not yet collected by its parent. */
export function readProcessIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) {
    if (process.platform === 'linux' || !isAlive(pid)) return undefined;
    return { boot: readBootId(), pid, start: process.platform === 'win32' ? '' : readStartFromPs(pid) };
  }
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? undefined : { boot: readBootId(), pid, start: fields[19] ?? '' };
}

/** For systems without `/proc`: to the second, in the zone of nobody. Loads what starts processes only then. */
export function readStartFromPs(pid: number): string {
  try {
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env, stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

/** Whether this very process still runs on this host. Not known, and so false, where the system does not tell when it started. */
export function isRunning(identity: ProcessIdentity): boolean {
  const current = readProcessIdentity(identity.pid);
  return (
    current !== undefined && current.start !== '' && current.boot === identity.boot && current.start === identity.start
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
