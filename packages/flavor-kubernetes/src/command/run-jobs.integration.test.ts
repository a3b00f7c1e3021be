import { randomUUID } from 'node:crypto';
import type { MetadataStore } from '@mlstack/core/flavor';
import { openStack } from '@mlstack/core/project';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesCluster } from '../kubernetes-cluster.ts';
import type { KubernetesOrchestrator } from '../kubernetes-orchestrator.ts';
import { annotations, labels, shortHash } from '../object-names.ts';
import { ClusterProject } from '../testing/cluster-project.ts';
import { isClusterThere } from '../testing/real-cluster.ts';
import { findLeftovers, removeJobs } from './find-leftovers.ts';
import { listRunJobs } from './list-run-jobs.ts';

describe.skipIf(!isClusterThere)('what runs have on a cluster (MLSTACK_TEST_KUBE_CONTEXT)', () => {
  const project = new ClusterProject();
  let cluster: KubernetesCluster;
  let metadataStore: MetadataStore;
  let close: () => Promise<void>;

  beforeAll(async () => {
    await project.create();
    const stack = await openStack(project.open());
    ({ cluster } = (await stack.component('orchestrator')) as KubernetesOrchestrator);
    metadataStore = await stack.component('metadata-store');
    close = () => stack.close();
  });
  afterAll(async () => {
    await close?.();
    await project.remove();
  });

  /** A Job as a driver leaves it that dies. */
  async function leaveJob(
    runId: string,
    componentId = cluster.componentId,
    container: object = { image: 'node:24-slim', command: ['true'] },
    suspend = false,
  ) {
    const name = `mlstack-${randomUUID().slice(0, 13)}`;
    const metadata = {
      name,
      labels: {
        [labels.managedBy]: 'mlstack',
        [labels.run]: shortHash(runId),
        [labels.component]: shortHash(componentId),
        [labels.role]: 'step',
      },
      annotations: {
        [annotations.runId]: runId,
        [annotations.runName]: `name-of-${runId}`,
        [annotations.node]: 'train',
      },
    };
    const template = { metadata, spec: { restartPolicy: 'Never', containers: [{ name: 'step', ...container }] } };
    const { api, name: namespace } = project.namespace;
    await api.batch.createNamespacedJob({
      namespace,
      body: { metadata, spec: { backoffLimit: 0, suspend, template } },
    });
    return name;
  }

  test('is listed while they run, with what they wait for, and gone when they are over', async () => {
    const { outcome } = await project.behave({
      params: { how: 'sleep', ms: 120_000 },
      onRunning: async ({ runName, pod, cancel }) => {
        const [kept, step] = await listRunJobs(cluster);
        expect(kept).toMatchObject({ run: runName, role: 'run', state: 'kept', own: true });
        expect(step).toMatchObject({ run: runName, step: 'behave', attempt: 1, state: 'running', pod, own: true });
        expect(await findLeftovers(cluster, metadataStore)).toMatchObject({
          jobs: [],
          kept: [{ run: runName, jobs: 2, reason: expect.stringContaining('its end is not recorded') }],
        });
        cancel();
      },
    });
    expect(outcome.state).toBe('cancelled');
    await expect.poll(() => listRunJobs(cluster), { timeout: 20_000 }).toEqual([]);
  });

  test('of a run that is over is left over; what may be wanted again, and what is not its own, stays', async () => {
    const { outcome } = await project.behave({});
    const over = await leaveJob(outcome.id);
    const unknown = await leaveJob('a-run-of-another-project');
    const foreign = await leaveJob(outcome.id, 'another-component');
    const head = JSON.stringify({ outputPrefix: `${await metadataStore.storeId()}/runs/deleted/train.1.` });
    const deleted = await leaveJob('a-run-that-was-deleted', undefined, {
      image: 'node:24-slim',
      command: ['true'],
      args: [head],
    });
    const found = await findLeftovers(cluster, metadataStore);
    expect(found.jobs.map(({ job }) => job).sort()).toEqual([over, deleted].sort());
    expect(found.kept).toEqual([
      { run: 'name-of-a-run-of-another-project', jobs: 1, reason: expect.stringContaining('does not know it') },
    ]);
    await removeJobs(cluster, found.jobs);
    await removeJobs(cluster, found.jobs);
    const names = async () => (await listRunJobs(cluster)).map(({ job }) => job).sort();
    await expect.poll(names, { timeout: 20_000 }).toEqual([unknown, foreign].sort());
    const { api, name: namespace } = project.namespace;
    for (const name of [unknown, foreign])
      await api.batch.deleteNamespacedJob({ name, namespace, propagationPolicy: 'Background' });
  });

  test('tells why something is not started, and why it failed', async () => {
    await leaveJob('image', undefined, { image: '127.0.0.1:1/none:1', command: ['true'] });
    await leaveJob('exit', undefined, { image: 'node:24-slim', command: ['sh', '-c', 'exit 3'] });
    // As the program of a pod ends whose step has thrown.
    const end = JSON.stringify({ cause: { kind: 'completed' }, logChunks: 0 });
    const program = `echo '${end}' > /dev/termination-log; exit 1`;
    await leaveJob('thrown', undefined, { image: 'node:24-slim', command: ['sh', '-c', program] });
    await leaveJob('queued', undefined, undefined, true);
    const reasons = async () =>
      Object.fromEntries((await listRunJobs(cluster)).map((job) => [job.runId, `${job.state}: ${job.reason}`]));
    await expect.poll(reasons, { timeout: 60_000 }).toEqual({
      image: expect.stringMatching(/^waiting: (ErrImagePull|ImagePullBackOff): /),
      exit: 'failed: exit code 3',
      thrown: 'failed: the step failed, see mlstack runs logs name-of-thrown',
      queued: expect.stringMatching(/^waiting: its Job is suspended/),
    });
  });
});
