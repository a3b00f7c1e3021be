import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { readBootId, readProcessIdentity } from './process-identity.ts';
import type { LeaseHolder } from './run-record.ts';

/** This process, as it holds a lease. */
export function currentLeaseHolder(): LeaseHolder {
  const start = readProcessIdentity(process.pid)?.start ?? '';
  return {
    host: hostname(),
    boot: readBootId(),
    pid: process.pid,
    processStart: `${start}@${readProcessNamespace()}`,
  };
}

/**
 * True only where this process can know it: the holder ran on this host, and either that was before its last start or the
 * process is gone. False for a holder on another host or in another container.
 */
export function isHolderDead(holder: LeaseHolder): boolean {
  const [start, namespace] = holder.processStart.split('@');
  if (holder.host !== hostname() || namespace !== readProcessNamespace()) return false;
  const found = holder.boot === readBootId() ? readProcessIdentity(holder.pid) : undefined;
  return found?.start !== start;
}

/** Process ids mean something only within it. Empty where the system has none. */
function readProcessNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
