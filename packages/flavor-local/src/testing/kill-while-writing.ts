import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';

/**
 * Runs a program of this folder in processes of their own and kills them (SIGKILL) after a while. Returns the lines that
 * each wrote: what it said was done.
 */
export async function killWhileWriting(
  program: string,
  argumentLists: readonly (readonly string[])[],
  afterMs: number,
): Promise<string[][]> {
  const writers = argumentLists.map((args) => {
    const child = spawn(
      process.execPath,
      ['--conditions=mlstack-source', new URL(program, import.meta.url).pathname, ...args],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines: string[] = [];
    const reading = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    return { child, lines, begun: once(reading, 'line'), closed: once(child, 'close') };
  });
  await Promise.all(writers.map(({ begun }) => begun));
  await setTimeout(afterMs);
  for (const { child } of writers) child.kill('SIGKILL');
  await Promise.all(writers.map(({ closed }) => closed));
  return writers.map(({ lines }) => lines);
}
