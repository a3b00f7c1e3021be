import type { KubeConfig } from '@kubernetes/client-node';

type CreateDispatcher = (...parameters: readonly unknown[]) => unknown;

/**
 * Lets the requests of one kubeconfig share connections: the client makes a pool, and with it a handshake, for every single one. Other
 * credentials, as a plugin renews them, have a pool of their own.
 */
export function shareConnections(kubeConfig: KubeConfig): void {
  const config = kubeConfig as unknown as { createDispatcher: CreateDispatcher };
  const create = config.createDispatcher.bind(kubeConfig);
  const dispatchers = new Map<string, unknown>();
  config.createDispatcher = (...parameters) => {
    const key = JSON.stringify(parameters);
    if (!dispatchers.has(key)) dispatchers.set(key, create(...parameters));
    return dispatchers.get(key);
  };
}
