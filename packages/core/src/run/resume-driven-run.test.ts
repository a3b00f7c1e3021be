import { expect, test, vi } from 'vitest';
import type { RunChange } from '../component/metadata-store.ts';
import type { StepNode } from '../pipeline/plan.ts';
import { Workbench } from './fixtures/driven-run.ts';
import { planOf, readsFrom, stepNode } from './fixtures/plans.ts';
import type { Script } from './fixtures/scripted-launcher.ts';
import { currentLeaseHolder } from './lease-holder.ts';
import { restoreRun } from './restore-run.ts';
import type { NewRun } from './run-record.ts';
import type { StepRequest } from './step-request.ts';

class Killed extends Error {}

const chain = planOf(
  ['a', 'b', 'c', 'd'].map((id, index) =>
    stepNode(id, index === 0 ? {} : { inputs: readsFrom('abcd'.charAt(index - 1)) }),
  ),
);

test('a run whose driver was killed goes on, and no recorded step runs again', async () => {
  const bench = new Workbench();
  const run = await bench.createRun(chain);
  bench.metadataStore.beforeRecord = killAt(3);
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.platform.forget(run.id);
  bench.metadataStore.beforeRecord = () => {};
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 4 } });
  expect(bench.launched).toEqual(['a 1', 'b 1', 'b 2', 'c 1', 'd 1']);
});

test('a run has taken what its record says, before it was resumed, too', async () => {
  let isBroken = true;
  const bench = new Workbench(({ nodeId }) => (nodeId === 'b' && isBroken ? { end: 'fail' } : {}));
  const run = await bench.createRun(chain);
  const { createdAt } = await bench.metadataStore.getRun(run.id);
  const recorded = async () =>
    Date.parse((await bench.metadataStore.getRun(run.id)).endedAt ?? '') - Date.parse(createdAt);
  const begin = Date.parse(createdAt) + 50;
  await vi.waitUntil(() => Date.now() > begin);
  const failed = await bench.drive(run);
  expect([failed.state, failed.durationMs]).toEqual(['failed', await recorded()]);
  expect(failed.durationMs).toBeGreaterThanOrEqual(50);
  isBroken = false;
  const completed = await bench.resume(run);
  expect([completed.state, completed.durationMs]).toEqual(['completed', await recorded()]);
});

test('what a resumed run made is found in the cache later', async () => {
  const bench = new Workbench();
  const run = await bench.createRun(chain);
  bench.metadataStore.beforeRecord = killAt(3);
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.platform.forget(run.id);
  bench.metadataStore.beforeRecord = () => {};
  await bench.resume(run);
  expect((await bench.run(chain)).counts).toEqual({ cached: 4 });
});

test('a result that was published and not recorded is taken, and the step does not run again', async () => {
  const bench = new Workbench(() => ({ publish: true }));
  const run = await bench.createRun(chain);
  bench.metadataStore.beforeRecord = killAt(3);
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.platform.forget(run.id);
  bench.metadataStore.beforeRecord = () => {};
  await bench.resume(run);
  expect(bench.launched).toEqual(['a 1', 'b 1', 'c 1', 'd 1']);
});

test('what still runs somewhere is adopted', async () => {
  let patient = true;
  const bench = new Workbench(({ nodeId }) => (nodeId === 'b' && patient ? { turns: 50 } : {}));
  const run = await bench.createRun(chain);
  const beat = { heartbeatMs: 1 };
  const killed = bench.drive(run, {
    timing: beat,
    onEvent: (event) => {
      if (event.kind === 'node-started' && event.nodeId === 'b') throw new Killed();
    },
  });
  await expect(killed).rejects.toThrow(Killed);
  patient = false;
  expect(await bench.resume(run)).toMatchObject({ state: 'completed' });
  expect(bench.launched.filter((name) => name.startsWith('b')).length).toBe(1);
});

test('what the platform keeps of attempts that are recorded already is released', async () => {
  const bench = new Workbench();
  const run = await bench.createRun(chain);
  bench.metadataStore.beforeRecord = killAt(3);
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.metadataStore.beforeRecord = () => {};
  bench.platform.released.length = 0;
  await bench.resume(run);
  expect(bench.platform.released.sort()).toEqual(['a 1', 'b 1', 'c 1', 'd 1']);
});

test('a run that failed starts over what failed, with all its attempts', async () => {
  let isBroken = true;
  const bench = new Workbench(({ nodeId }) => (nodeId === 'b' && isBroken ? { end: 'fail' } : {}));
  const settings = { retry: { attempts: 2, delayMs: 1 } };
  const plan = planOf(chain.nodes.map((node) => (node.id === 'b' ? { ...node, settings } : node)));
  const run = await bench.createRun(plan);
  expect(await bench.drive(run)).toMatchObject({ state: 'failed' });
  expect(await bench.resume(run)).toMatchObject({ state: 'failed' });
  isBroken = false;
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 4 } });
  expect(bench.launched).toEqual(['a 1', 'b 1', 'b 2', 'b 3', 'b 4', 'b 5', 'c 1', 'd 1']);
});

test('a hook that was due when the driver was killed runs once', async () => {
  const bench = new Workbench();
  const plan = planOf([
    stepNode('a', { hooks: ['onSuccess'] }),
    stepNode('b', { inputs: readsFrom('a'), hooks: ['onSuccess'] }),
  ]);
  const run = await bench.createRun(plan);
  bench.metadataStore.beforeRecord = (changes) => {
    if (changes.some((change) => change.kind === 'hook-ended' && change.nodeId === 'b')) throw new Killed();
  };
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.platform.forget(run.id);
  bench.metadataStore.beforeRecord = () => {};
  await bench.resume(run);
  expect(bench.launched.filter((name) => name === 'a onSuccess')).toHaveLength(1);
  expect(await bench.metadataStore.getNode(run.id, 'b')).toMatchObject({ hooks: [{ outcome: 'succeeded' }] });
});

test('a driver that wakes after another took over harms nothing', async () => {
  const bench = new Workbench(({ nodeId, leaseEpoch }) =>
    nodeId === 'b' && leaseEpoch === 1 ? { turns: 20 } : { turns: 2 },
  );
  const run = await bench.createRun(chain);
  let sleeping: (() => void) | undefined;
  const asleep = new Promise<void>((resolve) => (sleeping = resolve));
  const renew = bench.metadataStore.record.bind(bench.metadataStore);
  let wake: () => void = () => {};
  bench.metadataStore.record = async (lease, changes, ttlMs) => {
    if (lease.epoch === 1 && changes.some((change) => change.kind === 'node-ended' && change.nodeId === 'b')) {
      sleeping?.();
      await new Promise<void>((resolve) => (wake = resolve));
    }
    await renew(lease, changes, ttlMs);
  };
  const older = bench.drive(run);
  older.catch(() => {});
  await asleep;
  const younger = await bench.resume(run);
  expect(younger).toMatchObject({ state: 'completed' });
  const before = bench.metadataStore.recorded.length;
  const launched = bench.launched.length;
  wake();
  await expect(older).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(bench.metadataStore.recorded).toHaveLength(before);
  expect(bench.launched).toHaveLength(launched);
  expect(bench.platform.stopped).toEqual([]);
});

test.each(Array.from({ length: 60 }, (_, index) => index + 1))(
  'random plan %i: killed at random moments and resumed, it ends as it would have, and no recorded step runs again',
  async (seed) => {
    const random = seeded(seed);
    const plan = randomPlan(random);
    const fails = new Set(plan.nodes.filter(() => random() < 0.1).map(({ id }) => id));
    const flaky = new Set(plan.nodes.filter(() => random() < 0.2).map(({ id }) => id));
    const failures = new Map<string, number>();
    const publish = random() < 0.5;
    const bench = new Workbench(({ nodeId, role }) => {
      const count = failures.get(nodeId) ?? 0;
      const end = role === 'step' && (fails.has(nodeId) || (flaky.has(nodeId) && count === 0)) ? 'fail' : 'succeed';
      if (end === 'fail') failures.set(nodeId, count + 1);
      return { end, publish, turns: Math.floor(random() * 4) };
    });
    const run = await bench.createRun(plan);
    const kills = 1 + Math.floor(random() * 8);
    for (let kill = 0; kill < kills; kill++) {
      bench.metadataStore.beforeRecord = killAt(1 + Math.floor(random() * 10));
      const driven = kill === 0 ? bench.drive(run) : bench.resume(run);
      const ended = await driven.then(
        () => true,
        (error: unknown) => {
          if (!(error instanceof Killed)) throw error;
          return false;
        },
      );
      if (ended) break;
      if (random() < 0.5) bench.platform.forget(run.id);
    }
    bench.metadataStore.beforeRecord = () => {};
    if (!(await isOver(bench, run))) await bench.resume(run);
    const states = await bench.states(run);
    for (const node of plan.nodes) {
      const doomed = isDoomed(node, plan.nodes, fails);
      expect([node.id, states[node.id]]).toEqual([
        node.id,
        fails.has(node.id) && !doomed ? 'failed' : doomed ? 'skipped' : 'succeeded',
      ]);
    }
    const ends = bench.metadataStore.recorded.filter(
      (change) => change.kind === 'node-ended' && change.state === 'succeeded',
    );
    const names = ends.map((change) => ('nodeId' in change ? change.nodeId : ''));
    expect(names).toHaveLength(new Set(names).size);
    expect(startsAfterSuccess(bench.metadataStore.recorded)).toEqual([]);
    expect((await restoreRun(bench.metadataStore, run)).interrupted).toEqual([]);
  },
);

async function isOver(bench: Workbench, run: NewRun): Promise<boolean> {
  const { state } = await bench.metadataStore.getRun(run.id);
  return state === 'completed' || state === 'failed';
}

function startsAfterSuccess(changes: readonly RunChange[]): string[] {
  const done = new Set<string>();
  const wrong: string[] = [];
  for (const change of changes) {
    if (change.kind === 'node-started' && done.has(change.nodeId)) wrong.push(change.nodeId);
    if (change.kind === 'node-ended' && change.state === 'succeeded') done.add(change.nodeId);
  }
  return wrong;
}

/** Throws at the given transaction, and at all that follow: the process is gone. */
function killAt(transaction: number): () => void {
  let count = 0;
  return () => {
    if (++count >= transaction) throw new Killed();
  };
}

function randomPlan(random: () => number) {
  const nodes: StepNode[] = [];
  const size = 3 + Math.floor(random() * 15);
  for (let index = 0; index < size; index++) {
    const earlier = nodes.filter(() => random() < 2 / size).map(({ id }) => id);
    const settings = { retry: { attempts: 2, delayMs: 1 } };
    const hooks = random() < 0.2 ? (['onSuccess'] as const) : [];
    nodes.push(stepNode(`n_${index}`, { inputs: readsFrom(...earlier), settings, hooks }));
  }
  return planOf(nodes);
}

function isDoomed(node: StepNode, nodes: readonly StepNode[], fails: ReadonlySet<string>): boolean {
  return Object.values(node.inputs).some(({ node: id }) => {
    const producer = nodes.find((one) => one.id === id) as StepNode;
    return fails.has(id) || isDoomed(producer, nodes, fails);
  });
}

function seeded(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

const corrupt = { name: 'ObjectCorruptError', message: 'damaged', code: 'OBJECT_CORRUPT' };
/** `left` and `right` read `a`; `left` is read by `after_left`. */
const damagedPlan = planOf([
  stepNode('a'),
  stepNode('left', { inputs: readsFrom('a') }),
  stepNode('after_left', { inputs: readsFrom('left') }),
  stepNode('right', { inputs: readsFrom('a'), after: ['after_left'] }),
]);

/** `right` finds damaged what it reads of `a`, as long as `damage` is there. */
function damagedBench(script: (request: StepRequest) => Script = () => ({})) {
  const state = { isDamaged: true };
  const bench: Workbench = new Workbench((request) => {
    if (request.nodeId === 'right' && state.isDamaged) {
      damageObject(bench, '/a.1.');
      state.isDamaged = false;
      return { end: 'fail', error: corrupt };
    }
    return script(request);
  });
  return bench;
}

test('a run that met damaged bytes makes them again when it is resumed, and nothing else', async () => {
  const bench = damagedBench();
  const run = await bench.createRun(damagedPlan);
  expect(await bench.drive(run)).toMatchObject({ state: 'failed', counts: { succeeded: 3, failed: 1 } });
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 4 } });
  expect(bench.launched).toEqual(['a 1', 'left 1', 'after_left 1', 'right 1', 'a 2', 'right 2']);
  expect(bench.events).toContainEqual({ kind: 'notice', message: expect.stringMatching(/^Step "a" starts over: /) });
  expect(await bench.metadataStore.getNode(run.id, 'a')).toMatchObject({
    reason: 'what it had made before was damaged where it lay',
  });
});

test('what read damaged bytes before they were damaged runs again where they come out different', async () => {
  const bench = damagedBench(({ nodeId, attempt }) => (nodeId === 'a' ? { value: attempt } : {}));
  const run = await bench.createRun(damagedPlan);
  await bench.drive(run);
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 4 } });
  expect(bench.launched.slice(4)).toEqual(['a 2', 'left 2', 'after_left 2', 'right 2']);
});

test('where damaged bytes cannot be made again, what is recorded of others stays for the next time', async () => {
  let isBroken = true;
  const bench = damagedBench(({ nodeId, attempt }) => {
    if (nodeId === 'a' && attempt > 1 && isBroken) return { end: 'fail' };
    return nodeId === 'a' ? { value: attempt } : {};
  });
  const run = await bench.createRun(damagedPlan);
  await bench.drive(run);
  expect(await bench.resume(run)).toMatchObject({ state: 'failed', counts: { succeeded: 2, failed: 1, skipped: 1 } });
  isBroken = false;
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 4 } });
  expect(bench.launched.slice(5)).toEqual(['a 3', 'left 2', 'after_left 2', 'right 2']);
});

test('a damaged output that was taken from the cache is made again in the run that took it', async () => {
  const bench = damagedBench();
  const [a, left, afterLeft] = damagedPlan.nodes as [StepNode, StepNode, StepNode];
  expect(await bench.run(planOf([a, left, afterLeft]))).toMatchObject({ state: 'completed' });
  const run = await bench.createRun(damagedPlan);
  expect(await bench.drive(run)).toMatchObject({ state: 'failed', counts: { cached: 3, failed: 1 } });
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 2, cached: 2 } });
  expect(bench.launched.slice(4)).toEqual(['a 1', 'right 2']);
});

test('what ran on damaged bytes when its driver was killed starts over with those that are made again', async () => {
  const plan = planOf([...damagedPlan.nodes, stepNode('late', { inputs: readsFrom('a', 'after_left') })]);
  const bench = damagedBench(({ nodeId, attempt }) => (nodeId === 'late' && attempt === 1 ? { end: 'never' } : {}));
  const run = await bench.createRun(plan);
  const killed = bench.drive(run, {
    timing: { heartbeatMs: 1 },
    onEvent: (event) => {
      if (event.kind === 'notice') throw new Killed();
    },
  });
  await expect(killed).rejects.toThrow(Killed);
  expect(await bench.resume(run)).toMatchObject({ state: 'completed', counts: { succeeded: 5 } });
  expect(bench.platform.stopped).toEqual(['late 1']);
  expect(bench.launched.slice(-3).sort()).toEqual(['a 2', 'late 2', 'right 2']);
});

test('a hook that was due runs once its step is confirmed', async () => {
  const nodes = damagedPlan.nodes.map((node) =>
    node.id === 'left' ? { ...node, hooks: ['onSuccess'] as const } : node,
  );
  const bench = damagedBench();
  const run = await bench.createRun(planOf(nodes));
  bench.metadataStore.beforeRecord = (changes) => {
    if (changes.some(({ kind }) => kind === 'hook-ended')) throw new Killed();
  };
  await expect(bench.drive(run)).rejects.toThrow(Killed);
  bench.metadataStore.beforeRecord = () => {};
  bench.platform.forget(run.id);
  const { id } = (await bench.metadataStore.getNode(run.id, 'a'))?.outputs.output ?? { id: '' };
  const other = await bench.createRun(planOf([stepNode('other')]));
  const lease = await bench.metadataStore.takeLease(other.id, currentLeaseHolder(), { ttlMs: 1000 });
  await bench.metadataStore.record(lease, [{ kind: 'artifact-damaged', artifactId: id }], 1000);
  expect(await bench.resume(run)).toMatchObject({ state: 'failed' });
  expect(await bench.resume(run)).toMatchObject({ state: 'completed' });
  expect(bench.launched.filter((name) => name === 'left onSuccess').length).toBe(2);
  expect(bench.launched.filter((name) => name.startsWith('left ') && name !== 'left onSuccess')).toEqual(['left 1']);
});

/** One bit of the object's bytes is another. */
function damageObject({ artifactStore: { objects } }: Workbench, keyPart: string): void {
  const key = [...objects.keys()].find((one) => one.includes(keyPart)) ?? '';
  const { body, modifiedAt } = objects.get(key) as { body: Buffer; modifiedAt: Date };
  objects.set(key, { body: Buffer.from(body.map((byte) => byte ^ 1)), modifiedAt });
}
