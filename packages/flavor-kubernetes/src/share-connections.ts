import type { KubeConfig } from '@kubernetes/client-node';

interface RequestOptions {
  headers?: Readonly<Record<string, string>>;
}

interface Internals {
  createDispatcher(cluster: { readonly server: string } | null, options: Readonly<Record<string, unknown>>): unknown;
  applyOptions(options: RequestOptions): Promise<void>;
}

/**
 * Lets the requests of one kubeconfig share connections and credentials: the client makes a pool, and with it a handshake, for every
 * single one, and starts a program that gives credentials as often as there are requests that wait for them. Other credentials, as
 * such a program renews them, have a pool of their own.
 */
export function shareConnections(kubeConfig: KubeConfig): void {
  const config = kubeConfig as unknown as Internals;
  const create = config.createDispatcher.bind(kubeConfig);
  const dispatchers = new Map<string, unknown>();
  config.createDispatcher = (cluster, options) => {
    const key = [cluster?.server, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join('\n');
    if (!dispatchers.has(key)) dispatchers.set(key, create(cluster, options));
    return dispatchers.get(key);
  };
  const apply = config.applyOptions.bind(kubeConfig);
  let pending: Promise<RequestOptions> | undefined;
  const read = async (): Promise<RequestOptions> => {
    const options = {};
    await apply(options);
    return options;
  };
  config.applyOptions = async (options) => {
    pending ??= read().finally(() => {
      pending = undefined;
    });
    const shared = await pending;
    Object.assign(options, shared, { headers: { ...options.headers, ...shared.headers } });
  };
}
