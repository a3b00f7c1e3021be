import type { KubeConfig } from '@kubernetes/client-node';
import { createConfiguration, ServerConfiguration } from '@kubernetes/client-node';

/**
 * A client of one API group.
 *
 * @param limit gives the signal that ends a request, when that is about to be sent: a program that asks its user for credentials has
 * taken its time before.
 */
export function createApi<Api>(
  kubeConfig: KubeConfig,
  Type: new (configuration: ReturnType<typeof createConfiguration>) => Api,
  limit: () => AbortSignal,
): Api {
  return new Type(
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
}
