import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DetachedRun } from './testing/cluster-project.ts';
import { ClusterProject } from './testing/cluster-project.ts';
import { clusterTests, isClusterThere } from './testing/real-cluster.ts';

describe.skipIf(!isClusterThere)(`a driver that dies or goes away ${clusterTests}`, { concurrent: true }, () => {
  const project = new ClusterProject();
  const { namespace } = project;
  beforeAll(() => project.create());
  afterAll(() => project.remove());

  const start = (ms: number) => project.detach({ params: { how: 'sleep', ms, text: 'asleep' } });

  /** The driver is killed once the step runs. */
  const abandon = async (ms: number): Promise<DetachedRun & { readonly pod: string }> => {
    const run = await start(ms);
    const pod = await namespace.runningPod(run.name);
    await project.killDriver(run.id);
    return { ...run, pod };
  };

  const expectOneAttempt = async ({ id: runId }: DetachedRun) => {
    const { steps, state } = await project.describe(runId);
    expect([state, steps[0]?.state, steps[0]?.attempts]).toEqual(['completed', 'succeeded', 1]);
    expect(await namespace.listLeft(runId)).toEqual([]);
  };

  test('a step that still runs is taken over, not started again', async () => {
    const run = await abandon(12_000);
    expect((await project.describe(run.id)).state).toBe('crashed');
    expect((await project.resume(run.id)).state).toBe('completed');
    await expectOneAttempt(run);
  });

  test('a step that ended while nobody watched counts as it ended', async () => {
    const run = await abandon(1500);
    await namespace.jobIsOver(run.name);
    expect((await project.resume(run.id)).state).toBe('completed');
    await expectOneAttempt(run);
  });

  test('a result counts though its Job is gone', async () => {
    const run = await abandon(1500);
    await namespace.jobIsOver(run.name);
    await namespace.deleteJobs(run.name);
    expect((await project.resume(run.id)).state).toBe('completed');
    await expectOneAttempt(run);
  });

  test('a step whose pod went away meanwhile is started again', async () => {
    const run = await abandon(4000);
    await namespace.deleteJobs(run.name);
    expect((await project.resume(run.id)).state).toBe('completed');
    expect((await project.describe(run.id)).steps[0]).toMatchObject({ state: 'succeeded', attempts: 2 });
  });

  test('a run whose driver is dead is stopped with its pods', async () => {
    const run = await abandon(600_000);
    expect(await project.stop(run.id)).toMatchObject({ state: 'cancelled', changed: true });
    expect(await namespace.listLeft(run.id)).toEqual([]);
  });

  test('a detached run is followed and stopped from elsewhere', async () => {
    const run = await start(600_000);
    expect(run.description).toMatch(/process \d+ on this machine.*on the cluster/);
    const lines = await project.followUntil(run.id, 'asleep');
    expect(lines).toEqual(['asleep']);
    expect(await project.stop(run.id)).toMatchObject({ state: 'cancelled', changed: true });
    expect(await namespace.listLeft(run.id)).toEqual([]);
  });
});
