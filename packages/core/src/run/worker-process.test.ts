import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const script = `
import { closeSync, openSync } from 'node:fs';
import { compileInWorker } from ${JSON.stringify(new URL('compile-in-worker.ts', import.meta.url).href)};
import { WorkerProcess } from ${JSON.stringify(new URL('worker-process.ts', import.meta.url).href)};
process.getBuiltinModule('node:child_process');
const held = [];
try {
  for (;;) held.push(openSync('/dev/null'));
} catch {}
for (const one of held.splice(-4)) closeSync(one);
const worker = new WorkerProcess();
const failure = await compileInWorker(worker, { directory: '/', export: 'default', configuration: {} }).catch((error) => error);
await worker.close();
for (const one of held) closeSync(one);
console.log(failure.message);
`;

test.skipIf(process.platform === 'win32')(
  'where too many files are open to start a process, that is said',
  async () => {
    const node = [process.execPath, '--conditions=mlstack-source', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', 'ulimit -n 80; exec "$0" "$@"', ...node]);
    expect(stdout).toMatch(/no process can be started for it \(.*EMFILE\)/);
  },
  30_000,
);
