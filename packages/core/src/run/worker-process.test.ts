import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
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

/** A bundle that prints 140,000 characters to each stream, most of them from another process, and leaves one that goes on printing. */
const printing = `
import { execFileSync, spawn } from 'node:child_process';
const node = (code, how) => how(process.execPath, ['--eval', code], { stdio: 'inherit' });
process.stdout.write('o'.repeat(50_000));
process.stderr.write('e'.repeat(50_000));
node("process.stdout.write('o'.repeat(90_000)); process.stderr.write('e'.repeat(90_000))", execFileSync);
node("setInterval(() => process.stdout.write('.'), 1)", spawn).unref();
export default undefined;
`;

test.each(['is read', 'waits in the pipes, as this process is busy', 'is held back'])(
  'what was printed before a job was over is handed on with it, though others go on printing: it %s',
  async (how) => {
    const directory = await mkdtemp(join(tmpdir(), 'mlstack-printing-'));
    const worker = new WorkerProcess();
    onTestFinished(async () => {
      await worker.close();
      await rm(directory, { recursive: true });
    });
    await writeFile(join(directory, 'entry.mjs'), printing);
    await writeFile(
      join(directory, 'bundle.json'),
      JSON.stringify({ formatVersion: 1, entry: 'entry.mjs', externals: [] }),
    );
    await worker.ready;
    const printed = { stdout: '', stderr: '' };
    const running = worker.run(
      { kind: 'compile', directory, export: 'default', configuration: {} },
      {
        output(stream, text) {
          printed[stream] += text;
          return how === 'is held back' ? new Promise(() => {}) : undefined;
        },
      },
    );
    if (how.includes('busy')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
    expect(await running).toMatchObject({ kind: 'failed', error: { code: 'PIPELINE_EXPORT_NOT_FOUND' } });
    expect(printed.stdout.replaceAll('.', '')).toBe('o'.repeat(140_000));
    expect(printed.stderr).toBe('e'.repeat(140_000));
  },
);

test('what was printed is handed on though the answer was read in a turn that began before it was printed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mlstack-printing-'));
  const place = (name: string) => join(directory, name);
  const awaitFile = (name: string) => {
    const end = Date.now() + 10_000;
    while (!existsSync(place(name)) && Date.now() < end)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  };
  await writeFile(
    place('entry.mjs'),
    `import { existsSync, writeFileSync } from 'node:fs';
    writeFileSync(${JSON.stringify(place('begun'))}, '');
    while (!existsSync(${JSON.stringify(place('reading'))}));
    console.log('late');
    setTimeout(() => writeFileSync(${JSON.stringify(place('answered'))}, ''), 300);
    export default undefined;`,
  );
  await writeFile(place('bundle.json'), JSON.stringify({ formatVersion: 1, entry: 'entry.mjs', externals: [] }));
  // Told before the worker is ready, so that one turn of the loop has both to read.
  const worker = new WorkerProcess({ env: { NODE_OPTIONS: '--import=data:text/javascript,console.error(1)' } });
  onTestFinished(async () => {
    await worker.close();
    await rm(directory, { recursive: true });
  });
  let printed = '';
  const running = worker.run(
    { kind: 'compile', directory, export: 'default', configuration: {} },
    {
      output(stream, text) {
        if (stream === 'stdout') printed += text;
        else if (existsSync(place('begun'))) {
          writeFileSync(place('reading'), '');
          awaitFile('answered');
        }
      },
    },
  );
  awaitFile('begun');
  expect(await running).toMatchObject({ kind: 'failed' });
  expect(printed).toBe('late\n');
});
