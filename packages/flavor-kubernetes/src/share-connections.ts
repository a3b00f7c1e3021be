import type { KubeConfig } from '@kubernetes/client-node';

interface RequestOptions {
  headers?: Readonly<Record<string, string>>;
}

interface Internals {
  createDispatcher(cluster: { readonly server: string } | null, options: Readonly<Record<string, unknown>>): unknown;
  applyOptions(options: RequestOptions): Promise<void>;
}

/** How long a program may take that asks its user for credentials, in milliseconds. */
const credentialsMs = 300_000;

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
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new DOMException(`no credentials for ${credentialsMs / 1000} s`, 'TimeoutError')),
      credentialsMs,
    );
    await Promise.race([apply(options), late.promise]).finally(() => clearTimeout(timer));
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
