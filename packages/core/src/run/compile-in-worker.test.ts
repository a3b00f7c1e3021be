import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compileInWorker } from './compile-in-worker.ts';
import { WorkerProcess } from './worker-process.ts';

let directory: string;
let worker: WorkerProcess;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mlstack-compile-'));
  worker = new WorkerProcess();
});
afterEach(async () => {
  await worker.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Compiles the code of a bundle's entry. */
async function compile(code: string, options: Partial<Parameters<typeof compileInWorker>[1]> = {}) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'entry.mjs'), `import { pipeline, step } from '@mlstack/core';\n${code}\n`);
  const manifest = {
    formatVersion: 1,
    digest: 'd1',
    entry: 'entry.mjs',
    exports: [],
    fingerprints: {},
    externals: [],
    files: [],
  };
  writeFileSync(join(directory, 'bundle.json'), JSON.stringify(manifest));
  return await compileInWorker(worker, { directory, export: 'default', configuration: {}, ...options });
}

const fine = `
const one = step({ name: 'one', run: () => 1 });
export default pipeline('main', () => { one(); one(); });
export const other = pipeline('other', () => { one(); });
export const number = 1;
`;

test('a pipeline becomes a plan', async () => {
  const plan = await compile(fine);
  expect(plan).toMatchObject({ pipeline: 'main', codeDigest: 'd1', nodes: [{ id: 'one' }, { id: 'one_2' }] });
});

test('what modules print while they are imported is handed on', async () => {
  let printed = '';
  await compile(`console.log('loading…'); process.stderr.write('careful');${fine}`, {
    onOutput: (text) => {
      printed += text;
    },
  });
  expect(printed).toContain('loading…\n');
  expect(printed).toContain('careful');
});

test('an import that throws is told with its place', async () => {
  const failure = compile(`const settings = undefined;\nsettings.path;${fine}`);
  await expect(failure).rejects.toMatchObject({
    code: 'PIPELINE_IMPORT_FAILED',
    kind: 'input',
    message: expect.stringMatching(/TypeError: Cannot read properties of undefined.*entry\.mjs:3:10/),
  });
});

test('a description that throws is told with its place', async () => {
  await expect(
    compile(`export default pipeline('main', () => { throw new TypeError('no such step'); });`),
  ).rejects.toMatchObject({
    message: expect.stringMatching(/^The pipeline cannot be compiled: TypeError: no such step \(.*entry\.mjs:2:\d+\)$/),
    hint: expect.stringContaining('inside a step'),
  });
});

test('what a module began and left to fail is told with its place', async () => {
  const floating = `Promise.reject(new Error('left alone'));\nawait new Promise(() => {});\n${fine}`;
  await expect(compile(floating)).rejects.toMatchObject({
    message: expect.stringMatching(/^The pipeline cannot be compiled: Error: left alone \(.*entry\.mjs:2:\d+\)$/),
    hint: expect.stringContaining('inside a step'),
  });
});

test('an export that is missing or no pipeline is told with what there is', async () => {
  await expect(compile(fine, { export: 'othr' })).rejects.toMatchObject({
    code: 'PIPELINE_EXPORT_NOT_FOUND',
    hint: 'Did you mean "other"?',
  });
  await expect(compile(fine, { export: 'number' })).rejects.toThrow('is not a pipeline');
});

test('where no pipeline is the default export, how to name another one is told', async () => {
  await expect(compile(fine.replace('default', 'const first ='), { export: 'default' })).rejects.toMatchObject({
    hint: 'There are: first, other. Name it after the file, as in FILE#first.',
  });
});

test('all issues of a configuration are told at once', async () => {
  const configuration = { steps: { onne: {}, one: { params: { epochs: 1 } } } };
  await expect(compile(fine, { configuration })).rejects.toMatchObject({
    code: 'VALIDATION_FAILED',
    message: expect.stringMatching(/onne[\s\S]*epochs|epochs[\s\S]*onne/),
  });
});

test('an import that hangs ends by the timeout', async () => {
  await expect(compile(`for (;;);`, { timeoutMs: 400 })).rejects.toThrow('took longer than 0.4 s');
});

test('an import that exits is told with its exit code', async () => {
  await expect(compile(`process.exit(7);`)).rejects.toThrow('exit code 7');
});

test('compiling can be aborted', async () => {
  const abort = new AbortController();
  const compiling = compile(`await new Promise(() => {});`, { signal: abort.signal });
  setTimeout(() => abort.abort(new Error('changed my mind')), 100);
  await expect(compiling).rejects.toThrow('changed my mind');
});

test('an import that starts a server or a timer keeps nobody waiting', async () => {
  await compile(`setInterval(() => {}, 1000); process.on('exit', () => { for (;;); });${fine}`);
  await worker.close();
  expect(worker.isOver).toBe(true);
});
