import type { V1Job, V1Secret } from '@kubernetes/client-node';
import type { StepRequest } from '@mlstack/core/flavor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KubernetesApi } from './kubernetes-api.ts';
import { RunObjects } from './run-objects.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Keeps what is made and changed in it; no cluster can be made to wait for hours. */
function createCluster() {
  const jobs = new Map<string, V1Job>();
  const secrets = new Map<string, V1Secret>();
  const nameOf = ({ metadata }: V1Job | V1Secret) => metadata?.name ?? '';
  const batch = {
    createNamespacedJob: async ({ body }: { readonly body: V1Job }) => {
      jobs.set(nameOf(body), { ...body, metadata: { ...body.metadata, uid: 'u' } });
      return jobs.get(nameOf(body));
    },
    readNamespacedJob: async ({ name }: { readonly name: string }) => jobs.get(name),
    patchNamespacedJob: async () => ({}),
    deleteNamespacedJob: async () => ({}),
  };
  const core = {
    createNamespacedSecret: async ({ body }: { readonly body: V1Secret }) => secrets.set(nameOf(body), body),
    patchNamespacedSecret: async ({ name, body }: { readonly name: string; readonly body: V1Secret }) => {
      const { stringData = {} } = secrets.get(name) ?? {};
      secrets.set(name, { stringData: { ...stringData, ...body.stringData } });
    },
  };
  return { jobs, secrets, api: { batch, core } as unknown as KubernetesApi };
}

const request = {
  runId: 'r',
  runName: 'r',
  pipeline: 'p',
  nodeId: 'n',
  attempt: 1,
  role: 'step',
  leaseEpoch: 1,
  code: { digest: 'd' },
  node: { settings: {} },
  components: { artifactStore: {} },
} as unknown as StepRequest;

/** As the client of a cloud does it: credentials are renewed when they last for five minutes only. */
function createSession() {
  const lifeMs = 50 * 60_000;
  let endsAt = Date.now() + lifeMs;
  return () => {
    if (endsAt - Date.now() < 300_000) endsAt = Date.now() + lifeMs;
    return endsAt;
  };
}

function createObjects(
  { api }: ReturnType<typeof createCluster>,
  presign = async () => 'https://store.invalid/code',
  sizes = [4],
) {
  const context = {
    artifactStore: { presign, remoteConfig: async () => undefined },
    publishCode: async () =>
      sizes.map((size) => ({ name: 'code', key: 'code', sha256: `${size}`, packed: Buffer.alloc(size) })),
  } as unknown as ConstructorParameters<typeof RunObjects>[0]['context'];
  const scope = { runId: 'r', componentId: 'c' };
  const ownerTemplate = () => ({ spec: { restartPolicy: 'Never', containers: [{ name: 'step', image: 'own:1' }] } });
  return new RunObjects({ api, namespace: 'n', scope, context, patience: { timeoutMs: 1000 }, ownerTemplate });
}

test('a pod that waits for its node finds a URL that works within the time that it tries, also one signed by a session', async () => {
  const cluster = createCluster();
  const end = createSession();
  const objects = createObjects(cluster, async () => `https://store.invalid/code?ends=${end()}`);
  const name = await objects.secretFor(request, { env: {} });
  let brokenMs = 0;
  for (let waitedMs = 0; waitedMs < 6 * 3_600_000; waitedMs += 10_000) {
    await vi.advanceTimersByTimeAsync(10_000);
    const [, ends] = /ends=(\d+)/.exec(cluster.secrets.get(name)?.stringData?.['launch.json'] ?? '') ?? [];
    brokenMs = Number(ends) > Date.now() ? 0 : brokenMs + 10_000;
    // The kubelet brings what has changed within a minute and a half.
    expect(brokenMs).toBeLessThan(300_000 - 90_000);
  }
  objects.close();
});

test('the Job that credentials belong to looks like those of steps, so that policies for these allow it', async () => {
  const cluster = createCluster();
  const objects = createObjects(cluster);
  await objects.secretFor(request, { env: {} });
  const [job] = cluster.jobs.values();
  expect(job?.spec).toMatchObject({
    parallelism: 0,
    template: { spec: { containers: [{ name: 'step', image: 'own:1' }] } },
  });
  objects.close();
});

/** Names of the parts in the Secrets for steps with so many different sets of variables, whose code has parts of these sizes. */
async function carriedFor(sets: number, sizes: number[]): Promise<string[][]> {
  const cluster = createCluster();
  const objects = createObjects(cluster, undefined, sizes);
  for (let set = 0; set < sets; set++) await objects.secretFor(request, { env: { [`NAME_${set}`]: '' } });
  objects.close();
  return [...cluster.secrets.values()].map(({ data = {} }) => Object.keys(data));
}

test('a pod finds small parts of the code in its Secret, and large ones at their URLs', async () => {
  expect(await carriedFor(1, [250_000, 1000, 150_000])).toEqual([['1000.pack', '150000.pack', '250000.pack']]);
  expect(await carriedFor(1, [300_000, 400_000, 1000])).toEqual([['1000.pack', '300000.pack']]);
  expect(await carriedFor(1, [600_000])).toEqual([[]]);
});

test('many Secrets of a run do not carry its code each', async () => {
  const carrying = (await carriedFor(40, [400_000])).filter(({ length }) => length > 0);
  expect(carrying).toHaveLength(11);
});
