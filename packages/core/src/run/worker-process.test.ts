import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { WorkerProcess } from './worker-process.ts';

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

test('its flags leave V8 the code that was compiled without them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mlstack-worker-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const program = join(folder, 'program.mjs');
  await writeFile(program, `import v8 from 'node:v8'; console.error(v8.cachedDataVersionTag());`);
  const { stderr: plain } = await promisify(execFile)(process.execPath, [program]);
  const { errorTail } = await new WorkerProcess({ program, heapLimitBytes: 2 ** 28 }).ended;
  expect(errorTail).toBe(plain);
});
