import { closeSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeVolatileFolder } from '../durable-folder.ts';

/** Starts a program that goes on when this process ends, with its output in a file. Resolves with its process id once it runs. */
export async function startBackgroundProcess(
  [program, ...args]: readonly [string, ...string[]],
  { directory, logFile }: { readonly directory: string; readonly logFile: string },
): Promise<number> {
  const { spawn } = await import('node:child_process');
  makeVolatileFolder(dirname(logFile), 0o700);
  const output = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, { cwd: directory, detached: true, stdio: ['ignore', output, output] });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child.pid as number;
  } finally {
    closeSync(output);
  }
}
