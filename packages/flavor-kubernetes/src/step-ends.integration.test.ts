import type { EndCause } from '@mlstack/core/flavor';
import type { RunEvent, RunOutcome } from '@mlstack/core/project';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BehaveOptions } from './testing/cluster-project.ts';
import { ClusterProject } from './testing/cluster-project.ts';
import { clusterTests, isClusterThere } from './testing/real-cluster.ts';

describe.skipIf(!isClusterThere)(`how steps end ${clusterTests}`, { concurrent: true }, () => {
  const project = new ClusterProject();
  beforeAll(() => project.create({ imageTimeoutMs: 2000 }));
  afterAll(() => project.remove());

  const errorOf = async (options: BehaveOptions): Promise<RunOutcome['error']> => {
    const { outcome } = await project.behave(options);
    expect(outcome.state).toBe('failed');
    return outcome.error;
  };

  test('a step that throws fails with its own error', async () => {
    const error = await errorOf({ params: { how: 'throw' } });
    expect(error).toMatchObject({ name: 'RangeError', message: 'behaved badly' });
    expect(error?.stack).toContain('behave.ts:');
  });

  test('a step that exits is told by its exit code', async () => {
    expect(await errorOf({ params: { how: 'exit' } })).toMatchObject({
      code: 'STEP_EXITED',
      message: expect.stringContaining('exit code 3'),
    });
  });

  test('a step that takes more memory than its limit is told so, with the limit', async () => {
    const error = await errorOf({ params: { how: 'fill-memory' }, settings: { resources: { memory: '320Mi' } } });
    expect(error).toMatchObject({
      code: 'STEP_OUT_OF_MEMORY',
      message: expect.stringContaining('its limit is 320 MiB'),
    });
  });

  test('a step that takes too long is ended', async () => {
    const error = await errorOf({ params: { how: 'block', ms: 600_000 }, settings: { timeoutMs: 1500 } });
    expect(error).toMatchObject({ code: 'STEP_TIMED_OUT' });
  });

  test('an image that cannot be had is told with the reason, after the time that the component gives it', async () => {
    const error = await errorOf({ vendor: { image: 'registry.invalid/nothing:1' } });
    expect(error).toMatchObject({
      code: 'STEP_REFUSED',
      message: expect.stringMatching(/image cannot be had.*registry\.invalid/),
    });
  });

  test('an image whose name is none is refused at once', async () => {
    const error = await errorOf({
      vendor: { podTemplate: { spec: { containers: [{ name: 'step', image: 'Not An Image' }] } } },
    });
    expect(error).toMatchObject({ code: 'STEP_REFUSED', message: expect.stringContaining('InvalidImageName') });
  });

  test('an image with another Node than is needed is refused, with what it has', async () => {
    // The longest answer that a pod can give is cut by bytes.
    const version = `20.1.0-${'ж'.repeat(1900)}`;
    const code = `Object.defineProperty(process,'versions',{value:{node:'${version}'}})`;
    const error = await errorOf({ vendor: { podEnv: { NODE_OPTIONS: `--import=data:text/javascript,${code}` } } });
    expect(error).toMatchObject({ code: 'STEP_REFUSED', message: expect.stringContaining('has Node 20.1.0-ж') });
  });

  test('an init container that fails is told as that', async () => {
    const command = ['sh', '-c', 'printf "no such file" > /dev/termination-log; exit 7'];
    const initContainers = [{ name: 'fetch-data', image: 'node:24-slim', command }];
    const error = await errorOf({ vendor: { podTemplate: { spec: { initContainers } } } });
    expect(error).toMatchObject({
      code: 'STEP_LOST',
      message: expect.stringContaining('init container fetch-data failed with exit code 7: no such file'),
    });
  });

  test('a volume that cannot be mounted is told with the reason', async () => {
    const volumes = [{ name: 'data', mountPath: '/data', configMap: { name: 'missing' } }];
    const error = await errorOf({ settings: { startTimeoutMs: 45_000 }, vendor: { volumes } });
    expect(error).toMatchObject({
      code: 'STEP_NOT_STARTED',
      message: expect.stringMatching(/volumes cannot be mounted: .*configmap "missing" not found/),
    });
  });

  test('a step that no node takes waits for its limit, with what the scheduler says', async () => {
    const events: RunEvent[] = [];
    const error = await errorOf({
      settings: { startTimeoutMs: 3000, resources: { gpu: 1 } },
      vendor: { nodeSelector: { disk: 'none' } },
      onEvent: (event) => events.push(event),
    });
    expect(error).toMatchObject({
      code: 'STEP_NOT_STARTED',
      message: expect.stringMatching(/0\/\d+ nodes are available/),
    });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'node-waiting', reason: expect.stringContaining('nodes are available') }),
    );
  });

  test('a step whose pod cannot be made is told why', async () => {
    const error = await errorOf({ settings: { startTimeoutMs: 12_000 }, vendor: { serviceAccount: 'nobody' } });
    expect(error).toMatchObject({
      code: 'STEP_NOT_STARTED',
      message: expect.stringContaining('serviceaccount "nobody" not found'),
    });
  });

  test('a Job that the API server refuses is told with its reason', async () => {
    const error = await errorOf({ vendor: { podTemplate: { spec: { restartPolicy: 'Sometimes' } } } });
    expect(error).toMatchObject({ code: 'STEP_REFUSED', message: expect.stringContaining('restartPolicy') });
  });

  test('a pod that is deleted by hand is lost, and tried again where the step says so', async () => {
    const { outcome, events } = await project.behave({
      params: { how: 'sleep', ms: 8000 },
      settings: { retry: { attempts: 2, delayMs: 1 } },
      onRunning: ({ pod }) => project.namespace.deletePod(pod),
    });
    expect(failuresOf(events)).toEqual([{ kind: 'lost', reason: 'its pod was deleted' }]);
    expect(outcome.state).toBe('completed');
  });

  test('a pod that is evicted is told so', async () => {
    const { outcome } = await project.behave({
      params: { how: 'sleep', ms: 60_000 },
      onRunning: ({ pod }) => project.namespace.evictPod(pod),
    });
    expect(outcome.error).toMatchObject({ code: 'STEP_EVICTED', message: expect.stringContaining('Eviction') });
  });

  test('a Job that is deleted by hand is lost', async () => {
    const { outcome } = await project.behave({
      params: { how: 'sleep', ms: 60_000 },
      onRunning: ({ runName }) => project.namespace.deleteJobs(runName),
    });
    expect(outcome.error).toMatchObject({ code: 'STEP_LOST', message: expect.stringContaining('was deleted') });
  });

  test('a run that is cancelled ends its pods with the grace that steps are given', async () => {
    const { outcome } = await project.behave({
      params: { how: 'sleep', ms: 600_000, text: 'sleeping' },
      onRunning: async ({ cancel }) => cancel(),
    });
    expect(outcome).toMatchObject({ state: 'cancelled', counts: { cancelled: 1 } });
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });
});

function failuresOf(events: readonly RunEvent[]): EndCause[] {
  return events.flatMap((event) => (event.kind === 'attempt-failed' ? [event.cause] : []));
}
