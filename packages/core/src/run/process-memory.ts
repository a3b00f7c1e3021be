import { readFileSync } from 'node:fs';

/** Resident memory of a process and of those it started, in bytes. Zero where the system does not tell. */
export function readTreeMemory(pid: number): number {
  let total = 0;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    total += residentBytes(next);
    const children = readText(`/proc/${next}/task/${next}/children`).trim();
    if (children !== '') waiting.push(...children.split(' ').map(Number));
  }
  return total;
}

/** How often the kernel has ended a process for lack of memory. Zero where the system does not tell. */
export function countMemoryKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readText('/proc/vmstat'))?.[1] ?? 0);
}

function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(readText(`/proc/${pid}/status`))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
