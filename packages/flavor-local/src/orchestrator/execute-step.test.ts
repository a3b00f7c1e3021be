import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Launcher, StepRequest } from '@mlstack/core/flavor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LaunchFixture } from './fixtures/launch-fixture.ts';
import { LocalOrchestrator } from './local-orchestrator.ts';

const code = `
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { defineMaterializer, files, artifactPath } from '@mlstack/core';

const upper = defineMaterializer({
  id: 'upper', version: 2,
  save: (value, writer) => writer.writeFile('value.txt', Buffer.from(value.toUpperCase())),
  load: async (reader) => new TextDecoder().decode(await reader.readBytes('value.txt')).toLowerCase(),
});
const positive = { safeParse: (v) => positive.check(v), safeParseAsync: async (v) => positive.check(v),
  check: (v) => v > 0 ? { success: true, data: v * 10 } : { success: false, error: { issues: [{ path: ['deep'], message: 'is not positive' }] } } };

const make = step({ name: 'make', outputs: { word: upper, number: positive }, run: (_i, { params }) => ({ word: 'hello', number: params.number ?? 1, extra: 1 }) });
const useBoth = step({ name: 'useBoth', run: ({ word, number }) => word + number });
const missing = step({ name: 'missing', outputs: { word: upper }, run: () => ({}) });
const strange = step({ name: 'strange', run: () => ({ at: [{ it: () => {} }] }) });
const context = step({ name: 'context', run: (_i, { signal, log, metadata, ...rest }) => {
  metadata({ accuracy: 0.5 }); metadata({ rows: 3 }); log.debug('d'); log.error('e'); return rest; } });
const hooked = step({ name: 'hooked', run: () => 1,
  onSuccess: ({ log, step }) => log.info('hook of ' + step),
  onFailure: ({ failure }) => { throw new Error('hook saw ' + failure); } });
const writeFile = step({ name: 'writeFile', outputs: { out: files }, run: () => { writeFileSync(process.env.SCRATCH + '/a.bin', 'abc'); return { out: artifactPath(process.env.SCRATCH + '/a.bin') }; } });
const readFile = step({ name: 'readFile', run: ({ file }) => ({ path: file.path ?? String(file), text: readFileSync(file.path ?? file, 'utf8') }) });
const wait = step({ name: 'wait', run: (_i, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))) });
export default pipeline('main', () => {
  const { word, number } = make(); useBoth({ word, number }); missing(); strange(); context(); hooked();
  wait(); const { out } = writeFile(); readFile({ file: out });
});
`;

let fixture: LaunchFixture;
let launcher: Launcher;
let scratch: string;

const outputsOf = (...names: string[]) => Object.fromEntries(names.map((name) => [name, {}]));

describe('a step', () => {
  beforeEach(async () => {
    fixture = new LaunchFixture(code);
    scratch = mkdtempSync(join(tmpdir(), 'mlstack-scratch-'));
    launcher = await new LocalOrchestrator({
      id: 'o',
      name: 'default',
      type: 'orchestrator',
      flavor: 'local',
      config: { isolation: 'worker' },
      context: { projectDirectory: fixture.directory, stateDirectory: fixture.stateDirectory },
    }).createLauncher(fixture.context());
    fixture.observe(launcher);
  });
  afterEach(async () => {
    await launcher.close();
    fixture.remove();
    rmSync(scratch, { recursive: true, force: true });
  });

  function request(
    step: string,
    node: Partial<StepRequest['node']> = {},
    rest: Partial<StepRequest> = {},
  ): StepRequest {
    const base = fixture.request(step, rest);
    return { ...base, node: { ...base.node, ...node } };
  }

  test('stores each output with its materializer or schema, and reads it back as an input', async () => {
    const make = request('make', { outputs: outputsOf('word', 'number'), singleOutput: false, params: { number: 4 } });
    const made = await fixture.execute(launcher, make);
    expect(made.result).toMatchObject({
      outcome: 'succeeded',
      outputs: { word: { materializer: { id: 'upper', version: 2 }, size: 5 }, number: { preview: '40' } },
    });
    expect(Object.keys(made.result.outputs)).toEqual(['word', 'number']);
    const { word, number } = made.result.outputs;
    expect(word.key.startsWith(make.outputPrefix)).toBe(true);
    expect(readFileSync(join(fixture.directory, 'artifacts', word.key), 'utf8')).toBe('HELLO');
    const inputs = { word: { node: 'make', output: 'word' }, number: { node: 'make', output: 'number' } };
    const used = await fixture.execute(launcher, request('useBoth', { inputs }, { inputs: { word, number } }));
    expect(used.result.outputs.output.preview).toContain('hello40');
  });

  test('fails with what is wrong with an output: missing, refused by its schema, of no kind that can be stored', async () => {
    const missing = await fixture.execute(
      launcher,
      request('missing', { outputs: outputsOf('word'), singleOutput: false }),
    );
    expect(missing.result).toMatchObject({ outcome: 'failed', outputs: {}, error: { code: 'OUTPUT_MISSING' } });
    const refused = await fixture.execute(
      launcher,
      request('make', { outputs: outputsOf('word', 'number'), singleOutput: false, params: { number: -4 } }),
    );
    expect(refused.result.error.message).toContain('number.deep: is not positive');
    const strange = await fixture.execute(launcher, request('strange'));
    expect(strange.result.error.message).toMatch(/at\[?\.?0/);
  });

  test('gives its context and keeps metadata and log', async () => {
    const { result, log } = await fixture.execute(launcher, request('context', { params: { epochs: 5 } }));
    expect(result).toMatchObject({ outcome: 'succeeded', metadata: { accuracy: 0.5, rows: 3 } });
    expect(log).toMatchObject([
      { stream: 'log', level: 'debug', text: 'd' },
      { stream: 'log', level: 'error', text: 'e' },
    ]);
    const stored = readFileSync(join(fixture.directory, 'artifacts', result.outputs.output.key), 'utf8');
    for (const part of ['"epochs"', 'run1', '"attempt"']) expect(stored).toContain(part);
  });

  test('runs hooks in the place of the step, and stores nothing of them', async () => {
    const success = request('hooked', {}, { role: 'onSuccess', attempt: 1 });
    expect(await fixture.execute(launcher, success)).toMatchObject({
      result: { outcome: 'succeeded', outputs: {} },
      log: [{ text: 'hook of hooked' }],
    });
    const failure = request('hooked', {}, { role: 'onFailure', attempt: 2, failure: 'no space' });
    expect((await fixture.execute(launcher, failure)).result).toMatchObject({
      outcome: 'failed',
      error: { message: 'hook saw no space' },
    });
  });

  test('gives a file as a path in a folder that is gone with the step', async () => {
    const write = request('writeFile', { outputs: outputsOf('out'), singleOutput: false });
    const written = await fixture.execute(launcher, write, { SCRATCH: scratch });
    expect(written.result.error).toBeUndefined();
    const inputs = { file: { node: 'writeFile', output: 'out' } };
    const read = await fixture.execute(
      launcher,
      request('readFile', { inputs }, { inputs: { file: written.result.outputs.out } }),
    );
    const stored = readFileSync(join(fixture.directory, 'artifacts', read.result.outputs.output.key), 'utf8');
    expect(stored).toContain('abc');
    const path = /"path":\s*"([^"]+)"/.exec(stored)?.[1] as string;
    expect(existsSync(path)).toBe(false);
  });

  test('refuses code in which the step has another name', async () => {
    const other = request('make', { id: 'hooked' }, { nodeId: 'hooked' });
    expect((await fixture.execute(launcher, other)).result.error).toMatchObject({ code: 'STEP_CODE_MISMATCH' });
  });

  test('fails with what an import throws', async () => {
    writeFileSync(join(fixture.bundleDirectory, 'entry.mjs'), 'throw new TypeError("no import");');
    const { result } = await fixture.execute(launcher, request('make'));
    expect(result.error).toMatchObject({ code: 'PIPELINE_IMPORT_FAILED' });
    expect(result.error.cause.message).toBe('no import');
  });
});

test('steps run in the driver itself where that is asked for, with the same results', () => {
  const own = new LaunchFixture(code);
  const program = fileURLToPath(new URL('./fixtures/execute-in-process.ts', import.meta.url));
  const output = execFileSync(process.execPath, ['--conditions=mlstack-source', program, own.directory], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  own.remove();
  expect(JSON.parse(output)).toMatchObject([
    { cause: { kind: 'completed' }, result: { outcome: 'succeeded', metadata: { rows: 3 } }, log: [{}, {}] },
    { cause: { kind: 'completed' }, result: { outcome: 'failed', error: { code: 'STEP_CODE_MISMATCH' } } },
    { cause: { kind: 'timed-out', timeoutMs: 50 }, result: { outcome: 'cancelled' } },
    { cause: { kind: 'stopped' }, result: { outcome: 'cancelled' } },
  ]);
});

test('a driver that is submitted runs on its own, and its output goes to the file', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mlstack-submit-'));
  const logFile = join(directory, 'logs/run1.log');
  const orchestrator = new LocalOrchestrator({
    id: 'o',
    name: 'default',
    type: 'orchestrator',
    flavor: 'local',
    config: { isolation: 'worker' },
    context: { projectDirectory: directory, stateDirectory: join(directory, 'state') },
  });
  const command: [string, ...string[]] = [process.execPath, '-e', 'console.log(process.cwd())'];
  const { description } = await orchestrator.submitDriver({
    runId: 'run1',
    projectDirectory: directory,
    command,
    logFile,
  });
  expect(description).toContain(logFile);
  while (!readFileSync(logFile, 'utf8').includes('\n')) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(readFileSync(logFile, 'utf8').trim()).toContain('mlstack-submit-');
  const nonsense = orchestrator.submitDriver({
    runId: 'r',
    projectDirectory: directory,
    command: ['/nonexistent'],
    logFile,
  });
  await expect(nonsense).rejects.toThrow('ENOENT');
  rmSync(directory, { recursive: true, force: true });
});
