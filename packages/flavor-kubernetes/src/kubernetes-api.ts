import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiException, BatchV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { MlstackError } from '@mlstack/core/flavor';
import { answerTimeout, createApi } from './create-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';
import { shareConnections } from './share-connections.ts';

export interface KubernetesApi {
  readonly kubeConfig: KubeConfig;
  readonly batch: BatchV1Api;
  readonly core: CoreV1Api;
}

/** Reads the kubeconfig; reaches nothing. A request has `answerMs`. */
export function createKubernetesApi({ kubeconfig, context }: KubernetesConfig): KubernetesApi {
  const kubeConfig = new KubeConfig();
  try {
    if (kubeconfig === undefined) loadAsKubectl(kubeConfig);
    else kubeConfig.loadFromFile(kubeconfig);
  } catch (error) {
    throw new KubeconfigError(`The kubeconfig cannot be read: ${withoutContent(error)}.`);
  }
  if (kubeConfig.getCurrentContext() === contextOfNothing) {
    throw new KubeconfigError('There is no kubeconfig: neither what KUBECONFIG names nor ~/.kube/config exists.');
  }
  if (context !== undefined) kubeConfig.setCurrentContext(context);
  if (kubeConfig.getCurrentCluster() === null) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    throw new KubeconfigError(
      context === undefined
        ? 'The kubeconfig has no current context.'
        : `The kubeconfig has no context "${context}"; it has ${known.length === 0 ? 'none' : known.join(', ')}.`,
    );
  }
  const { server = '', skipTLSVerify = false, proxyUrl = '' } = kubeConfig.getCurrentCluster() ?? {};
  if (server.startsWith('http:') && !skipTLSVerify && proxyUrl === '') {
    throw new KubeconfigError(
      'The kubeconfig gives the API server an address without TLS, and does not allow that.',
      'Use the address of the API server itself, or set insecure-skip-tls-verify on the cluster in the kubeconfig.',
    );
  }
  shareConnections(kubeConfig);
  const limit = () => answerTimeout(answerMs);
  return {
    kubeConfig,
    batch: createApi(kubeConfig, BatchV1Api, limit),
    core: createApi(kubeConfig, CoreV1Api, limit),
  };
}

/** Of several files the first that says something about a name is right, and one that is not there says nothing. */
function loadAsKubectl(kubeConfig: KubeConfig): void {
  const files = (process.env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length < 2) {
    kubeConfig.loadFromDefault();
    return;
  }
  const parts = files
    .filter((file) => existsSync(file))
    .map((file) => {
      const part = new KubeConfig();
      part.loadFromFile(file);
      return part;
    });
  const firsts = <Item extends { readonly name: string }>(items: readonly Item[]) =>
    items.filter((item, index) => items.findIndex(({ name }) => name === item.name) === index);
  kubeConfig.loadFromOptions({
    clusters: firsts(parts.flatMap((part) => part.getClusters())),
    users: firsts(parts.flatMap((part) => part.getUsers())),
    contexts: firsts(parts.flatMap((part) => part.getContexts())),
    currentContext: parts.map((part) => part.getCurrentContext()).find((name) => (name ?? '') !== '') ?? '',
  });
}

/** What the client makes up where it finds no kubeconfig. */
const contextOfNothing = 'loaded-context';

/** A parser shows the lines that it does not understand, and quotes words of them: there are tokens in a kubeconfig. */
function withoutContent(error: unknown): string {
  const [line = ''] = messageOf(error).split('\n');
  return line.replaceAll(/"[^"]*"/g, '"…"').replace(/\.$/, '');
}

class KubeconfigError extends MlstackError {
  readonly code = 'KUBECONFIG_INVALID';
  constructor(
    message: string,
    hint = 'Set `context` or `kubeconfig` of the component; `kubectl config get-contexts` lists them.',
  ) {
    super(message, { hint });
  }
}

/** HTTP status of an answer; nothing where there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** What the API server said, without the request and its headers, which may hold credentials. */
export function explainApiError(error: unknown): string {
  if (!(error instanceof ApiException)) return messageOf(error);
  const body: unknown = typeof error.body === 'string' ? parseJson(error.body) : error.body;
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  return typeof message === 'string' ? message : `the API server answers ${error.code}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error.cause instanceof Error ? messageOf(error.cause) : error.message;
}

/** No answer, or one that says that another try may help. What mlstack says of something else is none. */
export function isTransient(error: unknown): boolean {
  const status = statusOf(error);
  if (MlstackError.is(error) || (error instanceof TypeError && error.cause === undefined)) return false;
  return status === undefined || status === 429 || status >= 500;
}

export interface InsistOptions {
  /** How long it is tried again. Time in which this machine slept does not count. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly onTrouble?: (error: unknown) => void;
}

/** A request that has no answer after this counts as failed, in milliseconds. */
export const answerMs = 30_000;

/**
 * Does it again while the API server cannot be reached or is overloaded: what is done must bear being done twice. Once the signal is
 * aborted nobody waits any more; what was under way then may yet be done.
 */
export async function insist<Answer>(
  work: () => Promise<Answer>,
  { timeoutMs, signal, onTrouble }: InsistOptions,
): Promise<Answer> {
  let spentMs = 0;
  for (let wait = 200; ; wait = Math.min(wait * 2, 10_000)) {
    const begin = Date.now();
    try {
      return await unlessAborted(work(), signal);
    } catch (error) {
      if (signal?.aborted === true) throw error;
      spentMs += wait + Math.min(Date.now() - begin, answerMs);
      if (!isTransient(error) || spentMs > timeoutMs) throw error;
      onTrouble?.(error);
      await delay(wait, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** @throws the signal's reason, at once when it is aborted. */
export async function unlessAborted<Answer>(work: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
  if (signal === undefined) return await work;
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Waits for something to be removed that may be gone already. */
export async function ignoreMissing(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
}
