import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder's entries durable. Windows knows no such thing: its file systems journal them. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a folder and those above it, durably. @param mode of those that are made. */
export function makeFolder(folder: string, mode?: number): void {
  const topmost = mkdirSync(folder, { recursive: true, mode });
  if (topmost === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    syncFolder(dirname(made));
    if (made === topmost) return;
  }
}
