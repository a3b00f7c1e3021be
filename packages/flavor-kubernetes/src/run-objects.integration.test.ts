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

  const packed = Buffer.from('code');

  /** Of one driver. Its URLs are numbered, so that a renewed one is told from an old one. */
  function createObjects(runId: string, timing: Partial<RunObjectsTiming> = {}): RunObjects {
    let made = 0;
    const artifactStore = {
      presign: async () => `https://store.invalid/code?X-Amz-Signature=${++made}`,
      remoteConfig: async () => ({ path: 's3://bucket', secretAccessKey: 'resolved', _found: true }),
    };
    const context = {
      artifactStore,
      publishCode: async ({ code }: StepRequest) => [
        { name: 'code', key: 'code.pack', sha256: `of-${code.digest}`, packed },
      ],
    } as unknown as ConstructorParameters<typeof RunObjects>[0]['context'];
    const patience = { timeoutMs: 20_000 };
    const scope = { runId, componentId: 'c' };
    const ownerTemplate = () => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none' }] } });
    const at = { api: namespace.api, namespace: namespace.name };
    return new RunObjects({ ...at, scope, context, patience, ownerTemplate, timing });
  }

  const requestOf = (runId: string, leaseEpoch = 1, digest = 'd') => {
    const request = { runId, runName: runId, pipeline: 'p', leaseEpoch, code: { digest } };
    return { ...request, components: { artifactStore: {} } } as unknown as StepRequest;
  };

  const jobWith = (secretName: string) => {
    const volumes = [{ name: 'mlstack-launch', secret: { secretName } }];
    return { spec: { template: { spec: { containers: [], volumes } } } };
  };

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
    expect(JSON.parse(await readKey(names[2], 'launch.json'))).toMatchObject({
      artifactStore: { resolvedConfig: { path: 's3://bucket', secretAccessKey: 'resolved', _found: true } },
    });
    await objects.remove();
    expect(await namespace.listLeft('shared')).toEqual([]);
  });

  test('URLs are renewed while Jobs wait, also those that an earlier driver made', async () => {
    const first = createObjects('renewed');
    const name = await first.secretFor(requestOf('renewed'), { env: { A: '1' } });
    first.close();
    expect(await readKey(name, 'launch.json')).toContain('X-Amz-Signature=1');
    const second = createObjects('renewed', { refreshMs: 300 });
    await second.adopt([jobWith(name)], async () => requestOf('renewed', 1));
    while (!(await readKey(name, 'launch.json')).includes('X-Amz-Signature=3')) await delay(100);
    expect(JSON.parse(await readKey(name, 'env.json'))).toEqual({ A: '1' });
    await second.remove();
    expect(await namespace.listLeft('renewed')).toEqual([]);
  });

  test('Jobs of other code that are taken over keep theirs, and new ones get the new', async () => {
    const first = createObjects('edited');
    const old = await first.secretFor(requestOf('edited', 1, 'old'), { env: {} });
    first.close();
    const second = createObjects('edited', { refreshMs: 300 });
    await second.adopt([jobWith(old)], async () => requestOf('edited', 1, 'old'));
    const current = await second.secretFor(requestOf('edited', 2, 'new'), { env: {} });
    const later = await second.secretFor(requestOf('edited', 2, 'newer'), { env: {} });
    for (const [name, digest] of [
      [old, 'old'],
      [current, 'new'],
      [later, 'newer'],
    ] as const) {
      const launch = await readKey(name, 'launch.json');
      while ((await readKey(name, 'launch.json')) === launch) await delay(100);
      expect(JSON.parse(await readKey(name, 'launch.json')).parts).toMatchObject([{ sha256: `of-${digest}` }]);
    }
    await second.remove();
    expect(await namespace.listLeft('edited')).toEqual([]);
  });

  test('what was removed while nobody could renew it is made again', async () => {
    const objects = createObjects('overslept', { refreshMs: 500 });
    const request = requestOf('overslept');
    const name = await objects.secretFor(request, { env: { A: '1' } });
    const at = { namespace: namespace.name };
    const propagationPolicy = 'Foreground';
    await namespace.api.batch.deleteNamespacedJob({
      ...at,
      name: name.slice(0, name.lastIndexOf('-')),
      propagationPolicy,
    });
    expect(await namespace.listLeft('overslept')).toEqual([]);
    await delay(1500);
    const names = await Promise.all([1, 2].map(() => objects.secretFor(request, { env: { A: '1' } })));
    expect(names).toEqual([name, name]);
    expect(JSON.parse(await readKey(name, 'env.json'))).toEqual({ A: '1' });
    await objects.remove();
    expect(await namespace.listLeft('overslept')).toEqual([]);
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
