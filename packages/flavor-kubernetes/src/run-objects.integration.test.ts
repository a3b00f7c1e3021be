import { setTimeout as delay } from 'node:timers/promises';
import type { StepRequest } from '@mlstack/core/flavor';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shortHash } from './object-names.ts';
import type { RunObjectsTiming } from './run-objects.ts';
import { RunObjects } from './run-objects.ts';
import { clusterTests, isClusterThere, TestNamespace } from './testing/real-cluster.ts';

describe.skipIf(!isClusterThere)(`what a run's Jobs share ${clusterTests}`, { concurrent: true }, () => {
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await new TestNamespace().create();
  });
  afterAll(() => namespace.remove());

  /** Of one driver. Its URLs are numbered, so that a renewed one is told from an old one. */
  function createObjects(runId: string, timing: Partial<RunObjectsTiming> = {}): RunObjects {
    let made = 0;
    const artifactStore = { presign: async () => `https://store.invalid/code?X-Amz-Signature=${++made}` };
    const context = {
      artifactStore,
      publishCode: async () => [{ name: 'code', key: 'code.pack', sha256: 'f00' }],
    } as unknown as ConstructorParameters<typeof RunObjects>[0]['context'];
    const patience = { timeoutMs: 20_000 };
    const scope = { runId, componentId: 'c' };
    return new RunObjects({ api: namespace.api, namespace: namespace.name, scope, context, patience, timing });
  }

  const requestOf = (runId: string, leaseEpoch = 1) =>
    ({ runId, runName: runId, pipeline: 'p', leaseEpoch, components: { artifactStore: {} } }) as unknown as StepRequest;

  const readKey = async (name: string, key: string) => {
    const { data } = await namespace.api.core.readNamespacedSecret({ name, namespace: namespace.name });
    return Buffer.from(data?.[key] ?? '', 'base64').toString();
  };

  test('one Secret serves all steps that name the same variables', async () => {
    const objects = createObjects('shared');
    const request = requestOf('shared');
    const names = await Promise.all([
      objects.secretFor(request, { env: { A: '1' } }),
      objects.secretFor(request, { env: { A: '1' } }),
      objects.secretFor(request, { env: { A: '1', B: '2' } }),
    ]);
    expect(new Set(names).size).toBe(2);
    expect(JSON.parse(await readKey(names[2], 'env.json'))).toEqual({ A: '1', B: '2' });
    await objects.remove();
    expect(await namespace.listLeft('shared')).toEqual([]);
  });

  test('URLs are renewed while Jobs wait, also those that an earlier driver made', async () => {
    const first = createObjects('renewed');
    const name = await first.secretFor(requestOf('renewed'), { env: { A: '1' } });
    first.close();
    expect(await readKey(name, 'launch.json')).toContain('X-Amz-Signature=1');
    const second = createObjects('renewed', { refreshMs: 300 });
    const volumes = [{ name: 'mlstack-launch', secret: { secretName: name } }];
    const job = { spec: { template: { spec: { containers: [], volumes } } } };
    second.adopt([job], requestOf('renewed', 2));
    while (!(await readKey(name, 'launch.json')).includes('X-Amz-Signature=3')) await delay(100);
    expect(JSON.parse(await readKey(name, 'env.json'))).toEqual({ A: '1' });
    await second.remove();
    expect(await namespace.listLeft('renewed')).toEqual([]);
  });

  test('a driver takes nothing from the one that came after it', async () => {
    const [first, second] = [createObjects('succeeded'), createObjects('succeeded')];
    await first.secretFor(requestOf('succeeded', 1), { env: {} });
    const name = await second.secretFor(requestOf('succeeded', 2), { env: {} });
    await first.remove();
    expect(await readKey(name, 'launch.json')).toContain('store.invalid');
    await second.remove();
  });

  test('credentials of a driver that does not come back are removed by the cluster', async () => {
    const objects = createObjects('abandoned', { keepSeconds: 2 });
    const name = await objects.secretFor(requestOf('abandoned'), { env: { A: '1' } });
    objects.close();
    expect(name).toContain(`mlstack-run-${shortHash('abandoned', 'c', '1')}`);
    expect(await namespace.listLeft('abandoned')).toEqual([]);
  });
});
