import { readdirSync, readFileSync } from 'node:fs';
import type { UserProject } from './user-project.ts';

/** Ids of the processes that commands of the project have started and that still run. Empty where there is no `/proc`. */
export function processesOf({ directory }: UserProject): string[] {
  return listProcesses()
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`HOME=${directory}`) &&
          !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        );
      } catch {
        return false;
      }
    });
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}
