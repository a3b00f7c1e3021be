import { beforeEach, expect, test, vi } from 'vitest';
import { MetadataStoreError } from '../errors/metadata-store-errors.ts';
import type { Project } from '../project/project.ts';
import { openStack } from '../stack/open-stack.ts';
import { driveOnStack } from './drive-on-stack.ts';
import type { Workbench } from './fixtures/driven-run.ts';
import { createMemoryProject } from './fixtures/memory-project.ts';
import { planOf, readsFrom, stepNode } from './fixtures/plans.ts';
import { currentLeaseHolder } from './lease-holder.ts';
import type { NewRun } from './run-record.ts';
import { stopRun } from './stop-run.ts';

const chain = planOf([stepNode('a'), stepNode('b', { inputs: readsFrom('a') })]);

/** What components of the stack were given. */
const secret = 'a-long-token';

let project: Project;
let bench: Workbench;

beforeEach(() => {
  ({ project, bench } = createMemoryProject());
  process.env.STORE_TOKEN = 'artifacts';
});

/** Drives a run as it was read before something happened to it. */
async function driveAfter(happening: (run: NewRun) => Promise<unknown>, { reopen = false } = {}) {
  const run = await bench.createRun(chain);
  await happening(run);
  return await drive(run, reopen);
}

async function drive(run: NewRun, reopen: boolean) {
  const stack = await openStack(project);
  stack.secrets.add(secret);
  const close = vi.spyOn(bench.metadataStore, 'close');
  try {
    return await driveOnStack({ project, stack, metadataStore: bench.metadataStore, run, reopen });
  } finally {
    expect(close).toHaveBeenCalledOnce();
    close.mockRestore();
    await stack.close();
  }
}

/** Another command drives the run and dies when `b` has started. */
async function driveAndDie(run: NewRun): Promise<void> {
  bench.metadataStore.beforeRecord = (changes) => {
    if (changes.some((change) => change.kind === 'node-ended' && change.nodeId === 'b')) throw new Error('killed');
  };
  await expect(bench.drive(run)).rejects.toThrow('killed');
  bench.metadataStore.beforeRecord = () => {};
  bench.platform.forget(run.id);
  bench.metadataStore.expireLease(run.id);
}

async function end(run: NewRun, state: 'failed' | 'cancelled'): Promise<void> {
  const lease = await bench.metadataStore.takeLease(run.id, currentLeaseHolder(), { ttlMs: 60_000 });
  await bench.metadataStore.record(lease, [{ kind: 'run-state', state }], 60_000);
}

test('what another driver did between the reading of a run and its lease is not done again', async () => {
  expect(await driveAfter(driveAndDie)).toMatchObject({ state: 'completed' });
  expect(bench.launched).toEqual(['a 1', 'b 1', 'b 2']);
});

test('a plan that another driver has replaced meanwhile is the one that counts', async () => {
  const replaced = { ...chain, codeDigest: 'f'.repeat(64) };
  await driveAfter(async (run) => {
    await driveAndDie(run);
    const lease = await bench.metadataStore.takeLease(run.id, currentLeaseHolder(), { ttlMs: 60_000 });
    await bench.metadataStore.record(lease, [{ kind: 'plan-replaced', plan: replaced }], 60_000);
    await bench.metadataStore.releaseLease(lease);
  });
  expect(bench.platform.requests.at(-1)).toMatchObject({ nodeId: 'b', code: { digest: replaced.codeDigest } });
});

test('a run that was cancelled before its own driver came stays cancelled', async () => {
  const driven = driveAfter((run) => end(run, 'cancelled'));
  await expect(driven).rejects.toMatchObject({ code: 'RUN_HAS_ENDED', message: expect.stringContaining('cancelled') });
  expect(await bench.metadataStore.getRun('run1')).toMatchObject({ state: 'cancelled' });
  expect((await bench.metadataStore.getRun('run1')).lease).toBeUndefined();
  expect(bench.launched).toEqual([]);
});

test('a run that another driver has completed meanwhile is refused, also to who would begin it again', async () => {
  const driven = driveAfter((run) => bench.drive(run), { reopen: true });
  await expect(driven).rejects.toMatchObject({ code: 'RUN_IS_COMPLETED' });
  expect(bench.launched).toEqual(['a 1', 'b 1']);
});

test('a run whose launcher cannot be made has failed, and may be begun again', async () => {
  const { platform } = bench;
  const createLauncher = platform.createLauncher.bind(platform);
  platform.createLauncher = () => {
    throw new RangeError(`the kubeconfig with ${secret} cannot be read`);
  };
  const run = await bench.createRun(chain);
  await expect(drive(run, false)).rejects.toThrow('cannot be read');
  const recorded = await bench.metadataStore.getRun(run.id);
  expect(recorded).toMatchObject({ state: 'failed', error: { message: 'the kubeconfig with *** cannot be read' } });
  expect(recorded.lease).toBeUndefined();
  platform.createLauncher = createLauncher;
  expect(await drive(run, true)).toMatchObject({ state: 'completed' });
});

test('a launcher that keeps something until the end is recorded is closed after that, any other before', async () => {
  const { platform, metadataStore } = bench;
  const createLauncher = platform.createLauncher.bind(platform);
  for (const keeps of [true, false]) {
    const run = await bench.createRun(chain);
    const states: string[] = [];
    platform.createLauncher = (concurrency) => {
      const launcher = createLauncher(concurrency);
      if (!keeps) Object.defineProperty(launcher, 'release', { value: undefined });
      const close = launcher.close.bind(launcher);
      launcher.close = async () => {
        states.push((await metadataStore.getRun(run.id)).state);
        await close();
      };
      return launcher;
    };
    await drive(run, false);
    expect(states).toEqual([keeps ? 'completed' : 'running']);
  }
});

test('a run that failed goes on where it is to be begun again', async () => {
  expect(await driveAfter((run) => end(run, 'failed'), { reopen: true })).toMatchObject({ state: 'completed' });
});

test('a stop reaches the driver that took over from the one which was asked', async () => {
  const { metadataStore } = bench;
  const run = await bench.createRun(chain);
  const take = () => metadataStore.takeLease(run.id, currentLeaseHolder(), { ttlMs: 60_000 });
  const first = await take();
  const append = metadataStore.appendRequest.bind(metadataStore);
  let asked = 0;
  metadataStore.appendRequest = async (...request) => {
    await append(...request);
    if (++asked > 1) return;
    await metadataStore.releaseLease(first);
    const second = await take();
    expect(await metadataStore.renewLease(second, 60_000)).toEqual([]);
    void endWhenAsked(second);
  };
  const endWhenAsked = async (lease: typeof first): Promise<void> => {
    while ((await metadataStore.renewLease(lease, 60_000)).length === 0) await new Promise(setImmediate);
    await metadataStore.record(lease, [{ kind: 'run-state', state: 'cancelled' }], 60_000);
  };
  expect(await stopRun(project, run.id)).toMatchObject({ state: 'cancelled', changed: true });
  expect(asked).toBe(2);
});

test('a run whose records cannot be written any more is left to be resumed, and that is told', async () => {
  const run = await bench.createRun(chain);
  const full = { reason: 'no space is left on its disk', hint: 'Free some space.' };
  bench.metadataStore.beforeRecord = (changes) => {
    if (changes.some((change) => change.kind === 'node-ended' && change.nodeId === 'a'))
      throw new MetadataStoreError('default', 'record what happened', full);
  };
  await expect(drive(run, false)).rejects.toMatchObject({
    code: 'DRIVER_FAILED',
    kind: 'failure',
    message:
      'Run "run1" is not over, and its driver cannot go on: Metadata store "default" could not record what happened: no space is left on its disk',
    hint: 'Free some space. Then go on with `mlstack runs resume run1`.',
  });
  bench.metadataStore.beforeRecord = () => {};
  expect(await drive(run, false)).toMatchObject({ state: 'completed' });
  expect(bench.launched).toEqual(['a 1', 'b 1']);
});
