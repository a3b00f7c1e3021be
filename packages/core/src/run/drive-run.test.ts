import { expect, test } from 'vitest';
import { ArtifactStoreError } from '../errors/artifact-store-errors.ts';
import { MetadataStoreError } from '../errors/metadata-store-errors.ts';
import { Workbench } from './fixtures/driven-run.ts';
import { planOf, readsFrom, stepNode } from './fixtures/plans.ts';
import { LaunchEventQueue } from './launch-event-queue.ts';
import type { Launcher, LaunchHandle } from './launcher.ts';
import { resultKey } from './step-log.ts';

const chain = planOf([
  stepNode('load'),
  stepNode('train', { inputs: readsFrom('load') }),
  stepNode('test', { inputs: readsFrom('train', 'load') }),
]);
const fork = planOf([
  stepNode('load'),
  stepNode('left', { inputs: readsFrom('load') }),
  stepNode('right', { inputs: readsFrom('load') }),
  stepNode('join', { inputs: readsFrom('left', 'right') }),
]);
const quick = { heartbeatMs: 5, storePatienceMs: 2000 };

test('steps run in the order of what they read, and their outputs become the inputs of others', async () => {
  const bench = new Workbench();
  const outcome = await bench.run(chain);
  expect(outcome).toMatchObject({ state: 'completed', counts: { succeeded: 3 } });
  expect(bench.launched).toEqual(['load 1', 'train 1', 'test 1']);
  const [load, train, last] = bench.platform.requests;
  expect(Object.keys(last?.inputs ?? {})).toEqual(['from_train', 'from_load']);
  expect(last?.inputs.from_load?.key).toMatch(/^store\/runs\/run1\/load\.1\.x/);
  expect(last?.inputs.from_load).toEqual(train?.inputs.from_load);
  expect(load?.inputs).toEqual({});
});

test('the end of a step and the start of the next are one transaction', async () => {
  const bench = new Workbench();
  await bench.run(chain);
  // One for the first start, one for each end; the last has the end of the run.
  expect(bench.metadataStore.transactions).toBe(4);
});

test('several results at once are recorded in one transaction', async () => {
  const bench = new Workbench();
  await bench.run(planOf(Array.from({ length: 40 }, (_, index) => stepNode(`n_${index}`))), { concurrency: 8 });
  expect(bench.metadataStore.transactions).toBeLessThan(20);
});

test('no more steps run at once than the launcher wants', async () => {
  const bench = new Workbench(() => ({ turns: 3 }));
  await bench.run(planOf(Array.from({ length: 20 }, (_, index) => stepNode(`n_${index}`))), { concurrency: 3 });
  expect(bench.platform.peak).toBe(3);
});

test('`after` orders steps that read nothing of each other', async () => {
  const bench = new Workbench();
  await bench.run(planOf([stepNode('second', { after: ['first'] }), stepNode('first')]));
  expect(bench.launched).toEqual(['first 1', 'second 1']);
});

test('nothing is told before it is durable', async () => {
  const bench = new Workbench();
  const recorded: number[] = [];
  const run = await bench.createRun(chain);
  await bench.drive(run, {
    onEvent: (event) => {
      if (event.kind !== 'node-ended') return;
      const change = bench.metadataStore.recorded.findIndex(
        (one) => one.kind === 'node-ended' && one.nodeId === event.nodeId,
      );
      recorded.push(change);
    },
  });
  expect(recorded).toHaveLength(3);
  expect(recorded).not.toContain(-1);
});

test('the same run again is taken from the cache, and says from where', async () => {
  const bench = new Workbench();
  await bench.run(fork);
  const outcome = await bench.run(fork);
  expect(outcome).toMatchObject({ state: 'completed', counts: { cached: 4 } });
  expect(bench.launched).toHaveLength(4);
  const node = await bench.metadataStore.getNode('run2', 'join');
  expect(node).toMatchObject({ cachedFrom: { runId: 'run1', nodeId: 'join' }, outputs: { output: { runId: 'run1' } } });
});

test('a step whose cached bytes are gone runs again, and those whose inputs are equal do not', async () => {
  const bench = new Workbench();
  await bench.run(chain);
  const lost = [...bench.artifactStore.objects.keys()].find((key) => key.includes('/train.1.'));
  await bench.artifactStore.delete([lost as string]);
  const outcome = await bench.run(chain);
  expect(outcome.counts).toEqual({ cached: 2, succeeded: 1 });
  expect(await bench.metadataStore.getNode('run2', 'train')).toMatchObject({ reason: expect.stringContaining('gone') });
});

test('a step that reads damaged bytes fails, and the next run makes them again', async () => {
  const bench = new Workbench(({ node }) =>
    JSON.stringify(node.params).includes('epochs')
      ? {
          end: 'fail',
          error: { name: 'Error', message: 'x', cause: { name: 'Error', message: 'y', code: 'OBJECT_CORRUPT' } },
        }
      : {},
  );
  await bench.run(chain);
  const [loadNode, trainNode, lastNode] = chain.nodes as [
    (typeof chain.nodes)[0],
    (typeof chain.nodes)[0],
    (typeof chain.nodes)[0],
  ];
  const changed = planOf([loadNode, { ...trainNode, params: { epochs: 2 } }, lastNode]);
  const { objects } = bench.artifactStore;
  const key = [...objects.keys()].find((one) => one.includes('/load.1.')) as string;
  const { body, modifiedAt } = objects.get(key) as { body: Buffer; modifiedAt: Date };

  expect(await bench.run(changed)).toMatchObject({ state: 'failed', counts: { cached: 1, failed: 1 } });
  expect(await bench.run(changed)).toMatchObject({ state: 'failed', counts: { cached: 1, failed: 1 } });
  expect(bench.events.filter(({ kind }) => kind === 'notice')).toEqual([]);

  objects.set(key, { body: Buffer.from(body.map((byte) => byte ^ 1)), modifiedAt });
  expect(await bench.run(changed)).toMatchObject({ state: 'failed', counts: { cached: 1, failed: 1 } });
  expect(bench.events.filter(({ kind }) => kind === 'notice')).toEqual([
    {
      kind: 'notice',
      message: expect.stringMatching(/^Artifact \S+ of step "load", input "\w+" of "train", is damaged .*load\.1\./),
    },
  ]);
  expect(await bench.run(chain)).toMatchObject({ state: 'completed', counts: { cached: 2, succeeded: 1 } });
});

test('a run that is deleted while another takes a step from it costs that step alone', async () => {
  const bench = new Workbench();
  await bench.run(fork);
  bench.metadataStore.beforeRecord = (changes) => {
    if (!changes.some((change) => change.kind === 'node-cached' && change.nodeId === 'left')) return;
    bench.metadataStore.beforeRecord = () => {};
    void bench.metadataStore.deleteRun('run1');
  };
  const run = await bench.createRun(fork);
  expect(await bench.drive(run)).toMatchObject({ state: 'completed', counts: { cached: 1, succeeded: 3 } });
  expect(await bench.metadataStore.getNode(run.id, 'left')).toMatchObject({ state: 'succeeded' });
  const told = bench.events.filter((event) => event.kind === 'node-ended' && event.nodeId === 'left');
  expect(told).toHaveLength(2);
});

test('a cached result that lies in another artifact store is not taken', async () => {
  const bench = new Workbench();
  await bench.run(chain);
  const { MemoryArtifactStore } = await import('./fixtures/memory-artifact-store.ts');
  await expect(bench.run(chain, { artifactStore: new MemoryArtifactStore('others') })).resolves.toMatchObject({
    counts: { succeeded: 3 },
  });
});

test('changed code, parameters and inputs run again; what comes after does only where its inputs differ', async () => {
  const bench = new Workbench();
  await bench.run(chain);
  const [load, train, last] = chain.nodes as [
    (typeof chain.nodes)[0],
    (typeof chain.nodes)[0],
    (typeof chain.nodes)[0],
  ];
  const changed = planOf([load, { ...train, params: { epochs: 2 } }, last]);
  expect((await bench.run(changed)).counts).toEqual({ cached: 1, succeeded: 2 });
});

test('a step without an identity and a step with the cache off run each time', async () => {
  const bench = new Workbench();
  const plan = planOf([
    stepNode('made', { fingerprint: { uncached: 'it is made inside a function' } }),
    stepNode('off', { settings: { cache: false } }),
  ]);
  await bench.run(plan);
  expect((await bench.run(plan)).counts).toEqual({ succeeded: 2 });
  expect(await bench.metadataStore.getNode('run2', 'made')).toMatchObject({ reason: 'it is made inside a function' });
});

test('a failed step is tried again as often as it may be, with a notice between', async () => {
  const bench = new Workbench(({ attempt }) => ({ end: attempt < 3 ? 'fail' : 'succeed' }));
  const plan = planOf([stepNode('flaky', { settings: { retry: { attempts: 3, delayMs: 1 } } })]);
  expect(await bench.run(plan)).toMatchObject({ state: 'completed' });
  expect(bench.launched).toEqual(['flaky 1', 'flaky 2', 'flaky 3']);
  expect(bench.events.filter(({ kind }) => kind === 'attempt-failed')).toMatchObject([
    { nextInMs: 1 },
    { nextInMs: 2 },
  ]);
});

test('what the platform refuses is not tried again', async () => {
  const bench = new Workbench(() => ({ end: { kind: 'refused', reason: 'no such image' } }));
  const plan = planOf([stepNode('train', { settings: { retry: { attempts: 3, delayMs: 1 } } })]);
  expect(await bench.run(plan)).toMatchObject({
    state: 'failed',
    error: { message: expect.stringContaining('no such image') },
  });
  expect(bench.launched).toEqual(['train 1']);
});

const broken = (request: { readonly nodeId: string }) =>
  request.nodeId === 'left' ? { end: 'fail' as const } : { turns: 5 };

test('mode continue: dependents of a failed step are skipped, other branches finish', async () => {
  const bench = new Workbench(broken);
  const run = await bench.createRun(fork);
  expect(await bench.drive(run)).toMatchObject({ state: 'failed', error: { message: 'left does not work' } });
  expect(await bench.states(run)).toEqual({ load: 'succeeded', left: 'failed', right: 'succeeded', join: 'skipped' });
});

test('mode finish-running: nothing new starts, what runs finishes', async () => {
  const bench = new Workbench(broken);
  const plan = planOf([...fork.nodes, stepNode('more', { inputs: readsFrom('right') })], {
    failureMode: 'finish-running',
  });
  const run = await bench.createRun(plan);
  await bench.drive(run);
  expect(await bench.states(run)).toMatchObject({ right: 'succeeded', more: 'skipped', join: 'skipped' });
});

test('mode stop: what runs is stopped', async () => {
  const bench = new Workbench((request) => (request.nodeId === 'right' ? { end: 'never' } : broken(request)));
  const run = await bench.createRun(planOf(fork.nodes, { failureMode: 'stop' }));
  expect(await bench.drive(run)).toMatchObject({ state: 'failed' });
  expect(bench.platform.stopped).toEqual(['right 1']);
  expect(await bench.states(run)).toMatchObject({ left: 'failed', right: 'cancelled', join: 'skipped' });
});

test('an aborted signal stops every step, and the run ends as cancelled', async () => {
  const bench = new Workbench(({ nodeId }) => (nodeId === 'load' ? {} : { end: 'never' }));
  const run = await bench.createRun(fork);
  const controller = new AbortController();
  const outcome = await bench.drive(run, {
    signal: controller.signal,
    onEvent: (event) =>
      event.kind === 'node-started' && event.nodeId === 'right' && setImmediate(() => controller.abort()),
  });
  expect(outcome.state).toBe('cancelled');
  expect(await bench.states(run)).toEqual({
    load: 'succeeded',
    left: 'cancelled',
    right: 'cancelled',
    join: 'skipped',
  });
  expect(await bench.metadataStore.getRun(run.id)).toMatchObject({ state: 'cancelled' });
});

test('a request to stop is found by the heartbeat', async () => {
  const bench = new Workbench(() => ({ end: 'never' }));
  const run = await bench.createRun(chain);
  const driven = bench.drive(run, { timing: quick });
  await bench.metadataStore.appendRequest(run.id, 'stop');
  expect(await driven).toMatchObject({ state: 'cancelled' });
});

test('a step that waits for its next attempt is cancelled with the run', async () => {
  const bench = new Workbench(() => ({ end: 'fail' }));
  const controller = new AbortController();
  const run = await bench.createRun(
    planOf([stepNode('flaky', { settings: { retry: { attempts: 3, delayMs: 60_000 } } })]),
  );
  const outcome = await bench.drive(run, {
    signal: controller.signal,
    onEvent: (event) => event.kind === 'attempt-failed' && controller.abort(),
  });
  expect(outcome).toMatchObject({ state: 'cancelled', counts: { cancelled: 1 } });
});

test('hooks run after their step, are recorded, and change no outcome', async () => {
  const bench = new Workbench(({ role, nodeId }) => ({
    end: role === 'onSuccess' || nodeId === 'bad' ? 'fail' : 'succeed',
  }));
  const plan = planOf([
    stepNode('good', { hooks: ['onSuccess', 'onFailure'] }),
    stepNode('bad', { hooks: ['onSuccess', 'onFailure'] }),
    stepNode('next', { inputs: readsFrom('good') }),
  ]);
  const run = await bench.createRun(plan);
  const told: unknown[] = [];
  await bench.drive(run, { onEvent: (event) => event.kind === 'hook-failed' && told.push(event) });
  expect(told).toMatchObject([
    { nodeId: 'good', role: 'onSuccess', error: { message: 'good does not work' } },
    { nodeId: 'bad', role: 'onFailure', error: { message: 'bad does not work' } },
  ]);
  expect(bench.launched.toSorted()).toEqual(['bad 1', 'bad onFailure', 'good 1', 'good onSuccess', 'next 1']);
  expect(await bench.metadataStore.getNode(run.id, 'good')).toMatchObject({
    state: 'succeeded',
    hooks: [{ role: 'onSuccess', outcome: 'failed' }],
  });
  const hook = bench.platform.requests.find(({ role }) => role === 'onFailure');
  expect(hook).toMatchObject({ failure: 'bad does not work', node: { settings: { timeoutMs: 60_000 } } });
  expect(hook?.outputPrefix).toBe('store/runs/run1/bad.1.on-failure.');
});

test('a request carries no values of variables; they travel beside it', async () => {
  const bench = new Workbench();
  await bench.run(planOf([stepNode('load', { settings: { env: ['API_KEY', 'UNSET'] } })]), {
    environment: { STORE_TOKEN: 'token-value', API_KEY: 'key-value', OTHER: 'no' },
  });
  expect(JSON.stringify(bench.platform.requests)).not.toMatch(/token-value|key-value/);
  expect(bench.platform.credentials).toEqual([{ env: { STORE_TOKEN: 'token-value', API_KEY: 'key-value' } }]);
});

test.each([
  [{ kind: 'exited', exitCode: 3 }, 'exit code 3'],
  [{ kind: 'out-of-memory', limitBytes: 512 * 1024 ** 2 }, '512 MiB'],
  [{ kind: 'timed-out', timeoutMs: 1500 }, '1.5 s'],
  [{ kind: 'signalled', signal: 'SIGSEGV' }, 'SIGSEGV'],
  [{ kind: 'lost', reason: 'the node is gone' }, 'the node is gone'],
  [{ kind: 'completed' }, 'its result cannot be found'],
] as const)('an execution that ended as %j is reported as what it was', async (end, text) => {
  const bench = new Workbench(() => ({ end }));
  const outcome = await bench.run(planOf([stepNode('train')]), { timing: quick });
  expect(outcome).toMatchObject({ state: 'failed', error: { message: expect.stringContaining(text) } });
});

test('a result that lies in the artifact store counts, even where the platform lost the execution', async () => {
  for (const kind of ['lost', 'not-started'] as const) {
    const bench = new Workbench(() => ({ publish: true, cause: { kind, reason: 'nobody could see it' } }));
    expect(await bench.run(chain)).toMatchObject({ state: 'completed' });
  }
});

test('a result of another execution is refused', async () => {
  const bench = new Workbench(() => ({ end: { kind: 'completed' } }));
  const run = await bench.createRun(planOf([stepNode('train')]));
  const forged = { formatVersion: 1, runId: 'other', nodeId: 'train', attempt: 1, outcome: 'succeeded' };
  await bench.artifactStore.write(resultKey('store/runs/run1/train.1.'), Buffer.from(JSON.stringify(forged)));
  expect(await bench.drive(run)).toMatchObject({ state: 'failed', error: { code: 'STEP_RESULT_INVALID' } });
});

test('an artifact store that is gone for a while is asked again', async () => {
  const bench = new Workbench(() => ({ publish: true }));
  const run = await bench.createRun(planOf([stepNode('train', { settings: { cache: false } })]));
  const outcome = await bench.drive(run, {
    timing: quick,
    onEvent: (event) => {
      bench.events.push(event);
      if (event.kind === 'node-started') {
        // The first failure meets the step's own write: it publishes on the second try in life, so keep that one free.
        setImmediate(() =>
          setImmediate(() =>
            bench.artifactStore.failures.push(new ArtifactStoreError('s3', 'read', { reason: 'gone' })),
          ),
        );
      }
    },
  });
  expect(outcome.state).toBe('completed');
});

test('what ends before its launch is over is released as well', async () => {
  const bench = new Workbench();
  const queue = new LaunchEventQueue();
  const released: LaunchHandle[] = [];
  const launcher: Launcher = {
    concurrency: 1,
    launch: async ({ runId, nodeId, attempt, role }) => {
      const handle = { runId, nodeId, attempt, role, detail: {} };
      queue.push({ kind: 'ended', handle, cause: { kind: 'refused', reason: 'no such image' } });
      return await new Promise(() => {});
    },
    events: () => queue,
    stop: async () => {},
    adopt: async () => [],
    release: (handle) => released.push(handle),
    close: async () => queue.close(),
  };
  const run = await bench.createRun(planOf([stepNode('train')]));
  const outcome = await bench.drive(run, { launchers: { orchestrator: launcher } });
  await launcher.close();
  expect(outcome.state).toBe('failed');
  expect(released).toMatchObject([{ nodeId: 'train', attempt: 1 }]);
});

test('a run that is cancelled while its platform cannot be reached does not wait for it', async () => {
  const bench = new Workbench();
  const queue = new LaunchEventQueue();
  const launched = Promise.withResolvers<LaunchHandle>();
  const stopped: LaunchHandle[] = [];
  const cancel = new AbortController();
  let handle: LaunchHandle | undefined;
  const launcher: Launcher = {
    concurrency: 1,
    launch: async ({ runId, nodeId, attempt, role }) => {
      handle = { runId, nodeId, attempt, role, detail: {} };
      cancel.abort();
      // The first try fails after the run was cancelled.
      setTimeout(() => queue.push({ kind: 'waiting', handle: handle as LaunchHandle, reason: 'no route' }), 50);
      return await launched.promise;
    },
    events: () => queue,
    stop: async (which) => {
      stopped.push(which);
      queue.push({ kind: 'ended', handle: which, cause: { kind: 'stopped' } });
      launched.resolve(which);
    },
    adopt: async () => [],
    close: async () => queue.close(),
  };
  const run = await bench.createRun(planOf([stepNode('train')]));
  const outcome = await bench.drive(run, { launchers: { orchestrator: launcher }, signal: cancel.signal });
  expect(outcome).toMatchObject({ state: 'cancelled', counts: { cancelled: 1 } });
  expect(stopped).toEqual([handle]);
});

test('a metadata store that fails ends the driver, and nothing more is launched', async () => {
  const bench = new Workbench();
  bench.metadataStore.beforeRecord = (changes) => {
    if (changes.some((change) => change.kind === 'node-ended'))
      throw new MetadataStoreError('default', 'record', { reason: 'disk full' });
  };
  await expect(bench.run(chain)).rejects.toThrow('disk full');
  expect(bench.launched).toEqual(['load 1']);
});

test('steps for the step operator run there and nowhere else', async () => {
  const bench = new Workbench();
  const other = new Workbench();
  const plan = planOf([
    stepNode('load'),
    stepNode('train', { inputs: readsFrom('load'), settings: { stepOperator: true } }),
  ]);
  const operator = other.platform.createLauncher();
  const orchestrator = bench.platform.createLauncher();
  await bench.run(plan, { launchers: { orchestrator, 'step-operator': operator } });
  expect([bench.launched, other.launched]).toEqual([['load 1'], ['train 1']]);
  await operator.close();
  await orchestrator.close();
});

test('a step for a step operator on a stack without one is refused before anything starts', async () => {
  const bench = new Workbench();
  const plan = planOf([stepNode('load'), stepNode('train', { settings: { stepOperator: true } })]);
  await expect(bench.run(plan)).rejects.toMatchObject({ code: 'STEP_OPERATOR_MISSING' });
  expect(bench.launched).toEqual([]);
});
