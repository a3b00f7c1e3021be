import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusterApi } from './cluster-api.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { createKubernetesApi, statusOf } from './kubernetes-api.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { isClusterThere, realContext } from './testing/real-cluster.ts';
import { createPowerlessToken, createToken, writeKubeconfig } from './testing/restricted-user.ts';
import { createTestCluster } from './testing/test-cluster.ts';

describe.skipIf(!isClusterThere)('provision on a cluster (MLSTACK_TEST_KUBE_CONTEXT)', () => {
  const namespaces: string[] = [];
  let api: KubernetesApi;

  beforeAll(() => {
    api = createKubernetesApi(kubernetesConfig.parse({ context: realContext }));
  });
  afterAll(async () => {
    await Promise.allSettled(namespaces.map((name) => api.core.deleteNamespace({ name })));
  });

  function newNamespace(): string {
    const name = `mlstack-test-${randomUUID().slice(0, 13)}`;
    namespaces.push(name);
    return name;
  }

  async function whatIsThere(namespace: string): Promise<string[]> {
    const { objects } = createClusterApi(kubernetesConfig.parse({ context: realContext, namespace }));
    const rbac = 'rbac.authorization.k8s.io/v1';
    const kinds = [
      ['v1', 'ServiceAccount'],
      [rbac, 'Role'],
      [rbac, 'RoleBinding'],
    ] as const;
    const lists = await Promise.all(kinds.map(([version, kind]) => objects.list(version, kind, namespace)));
    return lists
      .flatMap(({ items }, index) => items.map(({ metadata }) => `${kinds[index]?.[1]}/${metadata?.name}`))
      .sort();
  }

  const driver = ['Role/mlstack-driver', 'RoleBinding/mlstack-driver', 'ServiceAccount/mlstack-driver'];
  const isGone = async (name: string) => {
    const found = await api.core.readNamespace({ name }).catch((error: unknown) => error);
    return (
      statusOf(found) === 404 ||
      (found as { metadata: { deletionTimestamp?: Date } }).metadata.deletionTimestamp !== undefined
    );
  };

  test('up makes what is missing, once; down takes away what up made, once', async () => {
    const namespace = newNamespace();
    const cluster = createTestCluster({ namespace });
    expect(await cluster.status()).toEqual({
      state: 'not-provisioned',
      message: `namespace ${namespace} does not exist`,
    });
    expect(await cluster.provision()).toMatchObject({
      outcome: 'changed',
      message: expect.stringContaining(namespace),
    });
    expect(await cluster.status()).toEqual({ state: 'ready' });
    expect(await cluster.provision()).toMatchObject({ outcome: 'unchanged' });
    expect(await whatIsThere(namespace)).toEqual(expect.arrayContaining(driver));
    expect(await cluster.deprovision()).toMatchObject({
      outcome: 'changed',
      message: expect.stringContaining(`namespace ${namespace}`),
    });
    expect(await isGone(namespace)).toBe(true);
    expect(await cluster.deprovision()).toMatchObject({ outcome: 'unchanged' });
  });

  test('up right after down waits until the namespace is gone', async () => {
    const cluster = createTestCluster({ namespace: newNamespace() });
    await cluster.provision();
    await cluster.deprovision();
    expect(await cluster.status()).toMatchObject({ state: 'not-provisioned' });
    expect(await cluster.provision()).toMatchObject({
      outcome: 'changed',
      message: expect.stringMatching(/^made namespace/),
    });
    expect(await cluster.status()).toEqual({ state: 'ready' });
  });

  test('a namespace that somebody else made stays, and what was in it', async () => {
    const namespace = newNamespace();
    await api.core.createNamespace({ body: { metadata: { name: namespace } } });
    const cluster = createTestCluster({ namespace });
    expect(await cluster.provision()).toMatchObject({ outcome: 'changed' });
    expect(await cluster.deprovision()).toMatchObject({
      outcome: 'changed',
      message: expect.stringContaining(`namespace ${namespace} stays: it was not made by this component`),
    });
    expect(await whatIsThere(namespace)).toEqual(['ServiceAccount/default']);
    expect(await isGone(namespace)).toBe(false);
  });

  test('a namespace with something in it stays and is named, and goes once that is gone', async () => {
    const namespace = newNamespace();
    const cluster = createTestCluster({ namespace });
    await cluster.provision();
    await api.core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'precious' } } });
    expect(await cluster.deprovision()).toMatchObject({
      message: expect.stringContaining(`namespace ${namespace} stays: it is not empty: ConfigMap/precious`),
    });
    expect(await isGone(namespace)).toBe(false);
    await api.core.deleteNamespacedConfigMap({ namespace, name: 'precious' });
    expect(await cluster.deprovision()).toMatchObject({ outcome: 'changed' });
    expect(await isGone(namespace)).toBe(true);
  });

  test('what two components need goes with the last of them', async () => {
    const namespace = newNamespace();
    const one = createTestCluster({ namespace });
    const other = createTestCluster({ namespace }, { type: 'step-operator', name: 'gpu' });
    await one.provision();
    expect(await other.provision()).toMatchObject({ outcome: 'changed', message: expect.stringMatching(/^shares/) });
    expect(await other.provision()).toMatchObject({ outcome: 'unchanged' });
    expect(await one.deprovision()).toMatchObject({
      outcome: 'changed',
      message: expect.stringContaining('stays: step-operator gpu needs it'),
    });
    expect(await one.deprovision()).toMatchObject({ outcome: 'unchanged' });
    expect(await whatIsThere(namespace)).toEqual(expect.arrayContaining(driver));
    expect(await other.deprovision()).toMatchObject({ outcome: 'changed' });
    expect(await isGone(namespace)).toBe(true);
  });

  test('many who provision and deprovision at once agree', async () => {
    const namespace = newNamespace();
    const clusters = Array.from({ length: 8 }, (_, index) => createTestCluster({ namespace }, { name: `k${index}` }));
    const twice = [...clusters, ...clusters];
    const outcomes = await Promise.all(twice.map((cluster) => cluster.provision()));
    expect(outcomes.filter(({ message }) => message?.includes(`made namespace ${namespace}`) === true)).toHaveLength(1);
    expect(await whatIsThere(namespace)).toEqual(expect.arrayContaining(driver));
    const removals = await Promise.all(clusters.map((cluster) => cluster.deprovision()));
    expect(removals.filter(({ message }) => message?.startsWith('removed') === true).length).toBeGreaterThan(0);
    expect(await isGone(namespace)).toBe(true);
  });

  test('a role that was edited by hand is put right; who was bound to it by hand stays bound', async () => {
    const namespace = newNamespace();
    const cluster = createTestCluster({ namespace });
    await cluster.provision();
    const { objects } = createClusterApi(cluster.config);
    const rbac = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: 'mlstack-driver', namespace };
    await objects.patch({
      apiVersion: rbac,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    } as never);
    const binding = { apiVersion: rbac, kind: 'RoleBinding', metadata };
    await objects.patch({
      ...binding,
      subjects: [{ kind: 'User', name: 'alice', apiGroup: 'rbac.authorization.k8s.io' }],
    } as never);
    expect(await cluster.provision()).toMatchObject({
      outcome: 'changed',
      message: 'put right role mlstack-driver, role binding mlstack-driver',
    });
    const { rules } = (await objects.read({ apiVersion: rbac, kind: 'Role', metadata })) as {
      rules: { verbs: string[] }[];
    };
    expect(JSON.stringify(rules)).not.toContain('*');
    const { subjects } = (await objects.read(binding)) as { subjects: { name: string }[] };
    expect(subjects.map(({ name }) => name).sort()).toEqual(['alice', 'mlstack-driver']);
  });

  test('while Jobs of a run are under way nothing is taken away', async () => {
    const namespace = newNamespace();
    const cluster = createTestCluster({ namespace });
    await cluster.provision();
    const container = { name: 'step', image: 'node:24-slim', command: ['sleep', '300'] };
    await api.batch.createNamespacedJob({
      namespace,
      body: {
        metadata: {
          name: 'busy',
          labels: { 'app.kubernetes.io/managed-by': 'mlstack' },
          annotations: { 'mlstack.dev/run-name': 'digits-1' },
        },
        spec: { template: { spec: { restartPolicy: 'Never', containers: [container] } } },
      },
    });
    await expect(cluster.deprovision()).rejects.toMatchObject({
      message: expect.stringContaining('digits-1'),
      hint: expect.stringContaining('runs stop'),
    });
    expect(await whatIsThere(namespace)).toEqual(expect.arrayContaining(driver));
    await api.batch.deleteNamespacedJob({ namespace, name: 'busy', propagationPolicy: 'Background' });
    expect(await cluster.deprovision()).toMatchObject({ outcome: 'changed' });
  });

  test('who has only the role needs no more, and can give no more', async () => {
    const namespace = newNamespace();
    const cluster = createTestCluster({ namespace });
    await cluster.provision();
    const kubeconfig = writeKubeconfig(api, { user: { token: await createToken(api, namespace, 'mlstack-driver') } });
    const restricted = createTestCluster({ namespace, kubeconfig });
    expect(await restricted.status()).toEqual({ state: 'ready' });
    expect(await restricted.provision()).toMatchObject({ outcome: 'unchanged' });
    await expect(restricted.deprovision()).rejects.toMatchObject({ message: expect.stringContaining('forbidden') });
    expect(await whatIsThere(namespace)).toEqual(expect.arrayContaining(driver));
    const { core } = createClusterApi(restricted.config);
    await expect(core.listNamespacedSecret({ namespace })).rejects.toMatchObject({ code: 403 });
    await expect(core.listNamespacedPod({ namespace: 'default' })).rejects.toMatchObject({ code: 403 });
  });

  test('who may do nothing is told so, and by whom it can be put right', async () => {
    const namespace = newNamespace();
    await api.core.createNamespace({ body: { metadata: { name: namespace } } });
    const token = await createPowerlessToken(api, namespace);
    const kubeconfig = writeKubeconfig(api, { user: { token } });
    const powerless = createTestCluster({ namespace, kubeconfig });
    expect(await powerless.status()).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('create/get/list'),
    });
    const refusal = await powerless.provision().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      message: expect.stringContaining('forbidden'),
      hint: expect.stringContaining('mlstack-driver'),
    });
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(token);
  });
});
