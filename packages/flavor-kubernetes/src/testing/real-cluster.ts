import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesApi } from '../kubernetes-api.ts';
import { createKubernetesApi } from '../kubernetes-api.ts';
import { kubernetesConfig } from '../kubernetes-config.ts';
import { annotations, labels, shortHash } from '../object-names.ts';
import { readJobEnd } from '../pod-state.ts';

/** Of the cluster for integration tests; without one they skip themselves. */
export const realContext = process.env.MLSTACK_TEST_KUBE_CONTEXT;
const endpoint = process.env.MLSTACK_TEST_S3_ENDPOINT;
/** What pods call the machine that these tests run on, where the S3 server is on it. */
const hostFromPods = process.env.MLSTACK_TEST_HOST_FROM_PODS;

/** Of an S3 server, where this machine and pods reach it. */
export const reachableEndpoint =
  endpoint === undefined || hostFromPods === undefined
    ? endpoint
    : endpoint.replace(/\/\/(127\.0\.0\.1|localhost)(?=[:/]|$)/, `//${hostFromPods}`);

/** Said beside the name of tests that are skipped without a cluster. */
export const clusterTests = '(MLSTACK_TEST_KUBE_CONTEXT, MLSTACK_TEST_S3_ENDPOINT)';
export const isClusterThere = realContext !== undefined && reachableEndpoint !== undefined;

/** A namespace of a test file's own on the cluster. */
export class TestNamespace {
  readonly name = `mlstack-test-${randomUUID().slice(0, 13)}`;
  readonly api: KubernetesApi = createKubernetesApi(kubernetesConfig.parse({ context: realContext }));

  async create(): Promise<this> {
    await this.api.core.createNamespace({ body: { metadata: { name: this.name } } });
    return this;
  }

  /** The pod of an attempt, once its step runs. */
  async runningPod(runName: string, attempt = 1): Promise<string> {
    for (const limit = Date.now() + 90_000; Date.now() < limit; await delay(200)) {
      const { items } = await this.api.core.listNamespacedPod({ namespace: this.name });
      const pod = items.find(({ metadata, status }) => {
        const notes = metadata?.annotations ?? {};
        const isOfRun = notes[annotations.runName] === runName && notes[annotations.attempt] === String(attempt);
        return isOfRun && status?.containerStatuses?.some(({ state }) => state?.running !== undefined);
      });
      if (pod?.metadata?.name !== undefined) return pod.metadata.name;
    }
    throw new Error(`no pod of attempt ${attempt} of ${runName} has begun to run`);
  }

  async deletePod(name: string): Promise<void> {
    await this.api.core.deleteNamespacedPod({ name, namespace: this.name });
  }

  async evictPod(name: string): Promise<void> {
    await this.api.core.createNamespacedPodEviction({
      name,
      namespace: this.name,
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: this.name } },
    });
  }

  /** With their pods, as `kubectl delete job` does. */
  async deleteJobs(runName: string): Promise<void> {
    const propagationPolicy = 'Background';
    const { items } = await this.api.batch.listNamespacedJob({ namespace: this.name });
    for (const { metadata } of items) {
      const name = metadata?.annotations?.[annotations.runName] === runName ? metadata.name : undefined;
      if (name === undefined || metadata?.labels?.[labels.role] !== 'step') continue;
      await this.api.batch.deleteNamespacedJob({ name, namespace: this.name, propagationPolicy });
    }
  }

  /** Resolves when the Job of a run with one step has ended. */
  async jobIsOver(runName: string): Promise<void> {
    for (const limit = Date.now() + 60_000; Date.now() < limit; await delay(200)) {
      const { items } = await this.api.batch.listNamespacedJob({ namespace: this.name });
      const job = items.find(({ metadata }) => {
        const isOfRun = metadata?.annotations?.[annotations.runName] === runName;
        return isOfRun && metadata?.labels?.[labels.role] === 'step';
      });
      if (job !== undefined && readJobEnd(job) !== undefined) return;
    }
    throw new Error(`the Job of ${runName} has not ended`);
  }

  /** Every object in it as JSON, Secrets without their data, and what happened to them. */
  async dump(): Promise<string> {
    const { api } = this;
    const at = { namespace: this.name };
    const lists = await Promise.all([
      api.batch.listNamespacedJob(at),
      api.core.listNamespacedPod(at),
      api.core.listNamespacedConfigMap(at),
      api.core.listNamespacedServiceAccount(at),
      api.core.listNamespacedEvent(at),
    ]);
    const secrets = (await api.core.listNamespacedSecret(at)).items.map(({ data = {}, stringData: _, ...secret }) => ({
      kind: 'Secret',
      ...secret,
      keys: Object.keys(data),
    }));
    return JSON.stringify([...lists, secrets]);
  }

  async podLog(name: string): Promise<string> {
    return await this.api.core.readNamespacedPodLog({ name, namespace: this.name });
  }

  /** What is left of a run once the cluster has had time to remove what nothing owns. */
  async listLeft(runId: string): Promise<string[]> {
    const at = { namespace: this.name, labelSelector: `${labels.run}=${shortHash(runId)}` };
    for (const limit = Date.now() + 30_000; ; await delay(300)) {
      const lists = await Promise.all([
        this.api.batch.listNamespacedJob(at),
        this.api.core.listNamespacedPod(at),
        this.api.core.listNamespacedSecret(at),
      ]);
      const left = lists.flatMap(({ kind, items }) => items.map(({ metadata }) => `${kind} ${metadata?.name}`));
      if (left.length === 0 || Date.now() > limit) return left;
    }
  }

  /** Asks for its end, with all that is in it. */
  async remove(): Promise<void> {
    await this.api.core.deleteNamespace({ name: this.name });
  }
}
