import type { KubeConfig } from '@kubernetes/client-node';
import { createConfiguration, ServerConfiguration } from '@kubernetes/client-node';

/** Ends a request that has no answer in time. The client writes into what ends one, which a `DOMException` does not allow. */
export function answerTimeout(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  const error = Object.assign(new Error(`no answer for ${milliseconds / 1000} s`), { name: 'TimeoutError' });
  setTimeout(() => controller.abort(error), milliseconds).unref();
  return controller.signal;
}

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
