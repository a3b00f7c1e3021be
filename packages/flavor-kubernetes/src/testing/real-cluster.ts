import { randomUUID } from 'node:crypto';
import type { KubernetesApi } from '../kubernetes-api.ts';
import { createKubernetesApi } from '../kubernetes-api.ts';
import { kubernetesConfig } from '../kubernetes-config.ts';

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

export const isClusterThere = realContext !== undefined && reachableEndpoint !== undefined;

/** A namespace of a test file's own on the cluster. */
export class TestNamespace {
  readonly name = `mlstack-test-${randomUUID().slice(0, 13)}`;
  readonly api: KubernetesApi = createKubernetesApi(kubernetesConfig.parse({ context: realContext }));

  async create(): Promise<this> {
    await this.api.core.createNamespace({ body: { metadata: { name: this.name } } });
    return this;
  }

  /** Asks for its end, with all that is in it. */
  async remove(): Promise<void> {
    await this.api.core.deleteNamespace({ name: this.name });
  }
}
