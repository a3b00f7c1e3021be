import type { KubeConfig } from '@kubernetes/client-node';
import {
  ApisApi,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubernetesObjectApi,
  VersionApi,
} from '@kubernetes/client-node';
import { answerTimeout, createApi } from './create-api.ts';
import { createKubernetesApi } from './kubernetes-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';

/** What provisioning and diagnosing ask of the API server. Whoever looks does not wait for long: each request has a limit. */
export interface ClusterApi {
  readonly kubeConfig: KubeConfig;
  readonly namespace: string;
  readonly core: CoreV1Api;
  readonly batch: BatchV1Api;
  readonly authorization: AuthorizationV1Api;
  readonly version: VersionApi;
  readonly apis: ApisApi;
  readonly objects: KubernetesObjectApi;
  readonly custom: CustomObjectsApi;
}

const requestTimeoutMs = 15_000;

/** Reads the kubeconfig; reaches nothing. */
export function createClusterApi(config: KubernetesConfig, signal?: AbortSignal): ClusterApi {
  const { kubeConfig } = createKubernetesApi(config);
  const limit = () => {
    const timeout = answerTimeout(Math.min(requestTimeoutMs, config.apiTimeoutMs));
    return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  };
  const create = <Api>(Type: Parameters<typeof createApi<Api>>[1]): Api => createApi(kubeConfig, Type, limit);
  return {
    kubeConfig,
    namespace: config.namespace,
    core: create(CoreV1Api),
    batch: create(BatchV1Api),
    authorization: create(AuthorizationV1Api),
    version: create(VersionApi),
    apis: create(ApisApi),
    objects: create(KubernetesObjectApi),
    custom: create(CustomObjectsApi),
  };
}
