import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, readProcessIdentity, WorkerProcess } from '@mlstack/core/flavor';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostileSteps } from './fixtures/hostile-steps.ts';
import { LaunchFixture } from './fixtures/launch-fixture.ts';
import { LocalLauncher } from './local-launcher.ts';

const mebibyte = 2 ** 20;
let fixture: LaunchFixture;
let launcher: LocalLauncher;

function createLauncher(
  options: { readonly reuse?: boolean; readonly warmWorker?: WorkerProcess } = {},
): LocalLauncher {
  const { reuse = true, warmWorker } = options;
  const created = new LocalLauncher(fixture.context(warmWorker), {
    concurrency: 8,
    stateDirectory: fixture.stateDirectory,
    reuse,
  });
  fixture.observe(created);
  return created;
}

async function execute(step: string, change: Parameters<LaunchFixture['request']>[1] = {}) {
  return await fixture.execute(launcher, fixture.request(step, change));
}

beforeEach(() => {
  fixture = new LaunchFixture(hostileSteps);
  launcher = createLauncher();
});

afterEach(async () => {
  await launcher.close();
  fixture.remove();
});

describe('a worker', () => {
  test('is used again after a step that succeeded, whatever its modules did to the environment', async () => {
    const first = await execute('processId');
    const second = await execute('processId', { attempt: 2 });
    expect(first.cause).toEqual({ kind: 'completed' });
    expect(second.result.outputs.output.preview).toBe(first.result.outputs.output.preview);
  });

  test('is replaced after a failure, and after a step that changed its environment', async () => {
    const first = await execute('changeEnvironment');
    expect(first.result.outcome).toBe('succeeded');
    const second = await execute('readEnvironment');
    expect(second.result.outputs.output.preview).toContain('nothing');
    await execute('rejectLater');
    const third = await execute('processId');
    expect(third.result.outputs.output.preview).not.toBe(first.result.outputs.output.preview);
  });

  test.each(['printAfterEnd', 'throwAfterEnd'])(
    'is replaced after a step that leaves work behind: %s',
    async (step) => {
      expect((await execute(step)).result.outcome).toBe('succeeded');
      const { result, log } = await execute('printNothing');
      expect([result.outcome, log]).toEqual(['succeeded', []]);
    },
  );

  test('has the environment that travels beside the request, and no other step has it', async () => {
    const given = fixture.request('readEnvironment');
    const without = fixture.request('readEnvironment', { attempt: 2 });
    expect((await fixture.execute(launcher, given, { GIVEN: 'a value' })).result.outcome).toBe('succeeded');
    expect((await fixture.execute(launcher, without)).result.outputs.output.preview).toContain('nothing');
  });

  test('that compiled the pipeline is the first', async () => {
    const warmWorker = new WorkerProcess();
    const own = createLauncher({ warmWorker });
    const { result } = await fixture.execute(own, fixture.request('processId'));
    expect(result.outputs.output.preview).toBe(String(warmWorker.pid));
    await own.close();
    expect(warmWorker.isOver).toBe(true);
  });

  test('is a new one for each step where workers are not used again', async () => {
    const own = createLauncher({ reuse: false });
    const one = await fixture.execute(own, fixture.request('processId'));
    const other = await fixture.execute(own, fixture.request('processId', { attempt: 2 }));
    expect(one.result.outputs.output.preview).not.toBe(other.result.outputs.output.preview);
    await own.close();
  });
});

describe('an end is reported as what it was', () => {
  test('process.exit', async () => {
    const { cause, result, log } = await execute('exit');
    expect(cause).toEqual({ kind: 'exited', exitCode: 3 });
    expect(result).toBeUndefined();
    expect(log.map(({ text }) => text)).toEqual(['leaving']);
  });

  test('a signal', async () => {
    expect((await execute('killItself')).cause).toEqual({ kind: 'signalled', signal: 'SIGTERM' });
  });

  test('an exception that nobody catches', async () => {
    for (const step of ['throwLater', 'rejectLater']) {
      const { cause, result } = await execute(step);
      expect(cause).toEqual({ kind: 'completed' });
      expect(result).toMatchObject({ outcome: 'failed', error: { name: 'RangeError' } });
      expect(result.error.stack).toMatch(/entry\.mjs:\d+/);
    }
  });

  test('a step that blocks its thread, by its timeout', async () => {
    // Its worker has imported everything by then: on a busy machine that takes longer than the step may.
    await execute('noop');
    const { cause, log } = await execute('printAndBlock', { settings: { timeoutMs: 200 } });
    expect(cause).toEqual({ kind: 'timed-out', timeoutMs: 200 });
    expect(log.map(({ text }) => text)).toEqual(['before']);
  });

  test('a step whose time is over gets its signal first', async () => {
    const { cause, result } = await execute('waitForAbort', { settings: { timeoutMs: 100 } });
    expect(cause).toEqual({ kind: 'timed-out', timeoutMs: 100 });
    expect(result).toMatchObject({ outcome: 'cancelled', error: { name: 'TimeoutError' } });
  });

  test('a step that is stopped: by its signal, or by force when it blocks or does not care', async () => {
    const requests = ['waitForAbort', 'ignoreAbort', 'block', 'stopItself'].map((step) => fixture.request(step));
    const ends = requests.map(async (request) => {
      const handle = await launcher.launch(request, { env: {} });
      await fixture.running(request);
      const graceMs = request.nodeId === 'waitForAbort' ? 10_000 : 200;
      await launcher.stop(handle, graceMs);
      await launcher.stop(handle, graceMs);
      return await fixture.ended(request);
    });
    for (const { cause } of await Promise.all(ends)) expect(cause).toEqual({ kind: 'stopped' });
    expect((await ends[0])?.result).toMatchObject({ outcome: 'cancelled', error: { name: 'AbortError' } });
  });

  test('a step that returns when it is stopped is cancelled all the same', async () => {
    const request = fixture.request('finishOnAbort');
    const handle = await launcher.launch(request, { env: {} });
    while (!fixture.files().some((file) => file.includes('log.'))) await delay(20);
    await launcher.stop(handle, 10_000);
    expect(await fixture.ended(request)).toMatchObject({
      cause: { kind: 'stopped' },
      result: { outcome: 'cancelled', outputs: {} },
    });
  });

  test('a heap that is full', async () => {
    const memory = 96 * mebibyte;
    const { cause } = await execute('fillHeap', { settings: { resources: { memory } } });
    expect(cause).toEqual({ kind: 'out-of-memory', limitBytes: memory });
  }, 30_000);

  test('memory outside the heap that exceeds the limit', async () => {
    const memory = 256 * mebibyte;
    const { cause } = await execute('fillBuffers', { settings: { resources: { memory: '256Mi' } } });
    expect(cause).toEqual({ kind: 'out-of-memory', limitBytes: memory });
  }, 30_000);

  test.each(['garbleAnswers', 'garbleJson'])('a worker that says what none says: %s', async (step) => {
    const { cause, result } = await execute(step);
    expect(cause).toEqual({ kind: 'lost', reason: expect.stringContaining('among its answers') });
    expect(result).toBeUndefined();
    expect((await execute('noop')).result.outcome).toBe('succeeded');
  });

  test.each(['text', 'nothing', 'outputs', 'output', 'preview'])('a result that is none: %s', async (which) => {
    fixture.secrets.add('s3cr3t-t0ken');
    const request = fixture.request('forgeResult');
    const forged = { ...request, node: { ...request.node, params: { which } } };
    const { cause, result } = await fixture.execute(launcher, forged);
    expect(cause).toEqual({ kind: 'completed' });
    expect(result.formatVersion).toBeUndefined();
  });

  test('a worker that cannot begin', async () => {
    const context = { ...fixture.context(), programs: { worker: '/nonexistent/worker.js' } };
    const own = new LocalLauncher(context, { concurrency: 1, stateDirectory: fixture.stateDirectory, reuse: true });
    fixture.observe(own);
    const { cause } = await fixture.execute(own, fixture.request('noop'));
    expect(cause).toMatchObject({ kind: 'lost', reason: expect.stringContaining('Cannot find module') });
    await own.close();
  });
});

describe('what a step prints', () => {
  test('in parts and without a last line break', async () => {
    const { log } = await execute('printParts');
    expect(log).toMatchObject([
      { stream: 'stdout', text: 'one two' },
      { stream: 'stdout', text: 'three' },
    ]);
  });

  test('before process.exit is not lost', async () => {
    const { cause, log } = await execute('exitAfterMuch');
    expect(cause).toEqual({ kind: 'exited', exitCode: 4 });
    expect(log.at(-1)?.text).toBe('last line');
    expect(
      log
        .slice(0, -1)
        .map(({ text }) => text)
        .join('') === 'x'.repeat(1_000_000),
    ).toBe(true);
  });

  test('in quantity fills several chunks, in order and of bounded size', async () => {
    const { log, logChunks, result } = await execute('printMuch');
    expect(logChunks).toBeGreaterThan(5);
    expect(result.logChunks).toBe(logChunks);
    expect(log.map(({ text }) => Number(text.split(' ')[1]))).toEqual(
      Array.from({ length: 40_000 }, (_, line) => line),
    );
    const sizes = await Promise.all(
      Array.from({ length: logChunks ?? 0 }, (_, index) =>
        fixture.store.stat(`m/runs/run1/printmuch.1.log.${String(index + 1).padStart(6, '0')}.jsonl`),
      ),
    );
    for (const stat of sizes) expect(stat?.size).toBeLessThanOrEqual(256 * 1024);
  }, 30_000);

  test.each(['logMuch', 'printMuch'])(
    'is held back while it cannot be kept, and asked to write nothing: %s',
    async (step) => {
      const { worker: program } = fixture.context().programs;
      const worker = new WorkerProcess({ program });
      const request = fixture.request(step);
      const context = fixture.context().componentContext('store');
      const job = {
        kind: 'execute',
        request,
        bundleDirectory: fixture.bundleDirectory,
        artifactStoreContext: context,
      } as const;
      const [isHeld, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let characters = 0;
      const take = (text: string) => {
        characters += text.length;
        isHeld.resolve();
        return release.promise;
      };
      const done = worker.run(job, { log: ({ text }) => take(text), output: (_stream, text) => take(text) });
      await isHeld.promise;
      const { artifactStore } = request.components;
      const write = { artifactStore, context, key: 'm/runs/run1/other', text: 'x', ifAbsent: true };
      expect(await worker.write(write, 60_000)).toBe('failed');
      await delay(300);
      expect(characters).toBeLessThan(mebibyte / 2);
      release.resolve();
      expect(await done).toMatchObject({ kind: 'executed', result: { outcome: 'succeeded' } });
      expect(characters).toBeGreaterThan(mebibyte);
      await worker.close();
    },
  );

  test('as one endless line is kept in pieces that say so', async () => {
    const { log } = await execute('printLong');
    expect(log.map(({ text }) => text).join('') === 'z'.repeat(1_500_000)).toBe(true);
    expect(log.slice(0, -1).every(({ continues }) => continues === true)).toBe(true);
    expect(log.at(-1)?.continues).toBeUndefined();
  });

  test('after its end is not taken for a step that begins later', async () => {
    await execute('printAfterEnd');
    await delay(500);
    const { log } = await execute('slow');
    expect(log).toEqual([]);
  });

  test('has no secret in it, also where it came in two parts; nor has the error', async () => {
    const { log, result } = await fixture.execute(launcher, fixture.request('printSecret'), { TOKEN: 's3cr3t-t0ken' });
    expect(log.map(({ text }) => text)).toEqual(['the token is ***!']);
    expect(result.error.message).toBe('*** was refused');
    expect(JSON.stringify(result)).not.toContain('s3cr3t');
  });

  test('is no chunk where it is nothing', async () => {
    const { logChunks } = await execute('noop');
    expect(logChunks).toBe(0);
    expect(fixture.files().filter((file) => file.includes('log.'))).toEqual([]);
  });
});

describe('what a step started', () => {
  test('ends with its worker, also in a session of its own', async () => {
    const { log } = await execute('startGrandchildren');
    const [near, far] = (log[0]?.text ?? '').split(' ').map(Number) as [number, number];
    const identities = [near, far].map((pid) => readProcessIdentity(pid));
    expect(identities).not.toContain(undefined);
    await launcher.close();
    for (const identity of identities) expect(identity !== undefined && isRunning(identity)).toBe(false);
  });
});

test('eight steps run side by side', async () => {
  const requests = Array.from({ length: 8 }, (_, index) => fixture.request('waitForAbort', { attempt: index + 1 }));
  const handles = await Promise.all(requests.map((request) => launcher.launch(request, { env: {} })));
  await Promise.all(requests.map((request) => fixture.running(request)));
  for (const handle of handles) await launcher.stop(handle, 10_000);
  for (const request of requests) expect((await fixture.ended(request)).cause).toEqual({ kind: 'stopped' });
}, 30_000);

test('an execution that is under way is not started twice', async () => {
  const request = fixture.request('slow');
  const [one, other] = await Promise.all([
    launcher.launch(request, { env: {} }),
    launcher.launch(request, { env: {} }),
  ]);
  expect(other).toEqual(one);
  await fixture.ended(request);
});

test('closing ends steps that are under way, and leaves no record of workers', async () => {
  const request = fixture.request('block');
  const handle = await launcher.launch(request, { env: {} });
  await fixture.running(request);
  const identity = readProcessIdentity(handle.detail.pid as number);
  await launcher.close();
  expect(identity !== undefined && isRunning(identity)).toBe(false);
  expect((await fixture.ended(request)).cause).toEqual({ kind: 'stopped' });
});
