import type { KubeConfig } from '@kubernetes/client-node';
import {
  ApisApi,
  AuthorizationV1Api,
  BatchV1Api,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  KubernetesObjectApi,
  ServerConfiguration,
  VersionApi,
} from '@kubernetes/client-node';
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
    const timeout = AbortSignal.timeout(Math.min(requestTimeoutMs, config.apiTimeoutMs));
    return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  };
  const create = <Api>(Type: new (configuration: ReturnType<typeof createConfiguration>) => Api): Api =>
    new Type(
      createConfiguration({
        baseServer: new ServerConfiguration(kubeConfig.getCurrentCluster()?.server ?? '', {}),
        authMethods: { default: kubeConfig },
        promiseMiddleware: [
          {
            pre: async (request) => {
              request.setSignal(limit());
              return request;
            },
            post: async (response) => response,
          },
        ],
      }),
    );
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
