import { existsSync, mkdirSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Has Node keep what it compiles for the next process, where it can: it would never end to make its folder where none can be made, as in `/proc`. */
export function keepCompiledCode(): void {
  const folder = join(tmpdir(), 'node-compile-cache');
  try {
    if (!existsSync(folder)) mkdirSync(folder);
  } catch {
    // Another process may have been faster.
    if (!existsSync(folder)) return;
  }
  enableCompileCache();
}
