import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesListObject, KubernetesObject, V1Job, V1Pod } from '@kubernetes/client-node';
import { ApiException, ListWatch, Watch } from '@kubernetes/client-node';
import type { KubernetesApi } from './kubernetes-api.ts';
import { answerMs } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { selectorOf } from './object-names.ts';

export interface RunWatchHandlers {
  pod(pod: V1Pod, deleted: boolean): void;
  job(job: V1Job, deleted: boolean): void;
  /** The API server has not answered for so long, as far as this machine was awake. Told again with each try that has failed. */
  unreachable(error: unknown, sinceMs: number): void;
  /** It answers again. What was missed follows. */
  reachable(): void;
}

export interface RunWatchOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly scope: RunScope;
  readonly handlers: RunWatchHandlers;
}

const longestDelayMs = 10_000;
/** Before a watch that was ended is begun again, also where that happens again and again. */
const restDelayMs = 1000;

/**
 * Tells also of credentials that cannot be renewed: the client throws that where nobody listens. Its errors have the status of the
 * answer. Begins nothing after the end.
 */
class ToldWatch extends Watch {
  readonly #stop: AbortSignal;

  constructor(kubeConfig: KubernetesApi['kubeConfig'], stop: AbortSignal) {
    super(kubeConfig);
    this.#stop = stop;
  }

  override async watch(...[path, query, onEvent, done]: Parameters<Watch['watch']>): Promise<AbortController> {
    if (this.#stop.aborted) return new AbortController();
    try {
      return await super.watch(path, query, onEvent, (error) => done(withStatus(error, path)));
    } catch (error) {
      done(error);
      return new AbortController();
    }
  }
}

function withStatus(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return error;
  const [namespace, resource] = path.split('/').slice(-2);
  const message = error.statusCode === 403 ? `watching ${resource} in namespace ${namespace} is forbidden` : undefined;
  return new ApiException(error.statusCode, error.message, message === undefined ? undefined : { message }, {});
}

/**
 * Watches the Jobs of a run and their pods: two requests that stay open, however many steps there are, begun again where they left
 * off. What was missed meanwhile, deletions too, is found by listing.
 */
export class RunWatch {
  readonly #stop = new AbortController();
  readonly #informers: ListWatch<KubernetesObject>[] = [];
  readonly #options: RunWatchOptions;
  /** Paths of those that have been told as failing. */
  readonly #failing = new Set<string>();

  constructor(options: RunWatchOptions) {
    this.#options = options;
  }

  /** Resolves when what is there already has been told. */
  async start(): Promise<void> {
    const { api, namespace, scope, handlers } = this.#options;
    const labelSelector = selectorOf(scope, 'step');
    const begun = await Promise.allSettled([
      this.#watch<V1Job>(
        `/apis/batch/v1/namespaces/${namespace}/jobs`,
        () => api.batch.listNamespacedJob({ namespace, labelSelector }),
        labelSelector,
        (job, deleted) => handlers.job(job, deleted),
      ),
      this.#watch<V1Pod>(
        `/api/v1/namespaces/${namespace}/pods`,
        () => api.core.listNamespacedPod({ namespace, labelSelector }),
        labelSelector,
        (pod, deleted) => handlers.pod(pod, deleted),
      ),
    ]);
    const failed = begun.find((one) => one.status === 'rejected');
    if (failed === undefined) return;
    await this.close();
    throw failed.reason;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#informers.map((informer) => informer.stop()));
  }

  async #watch<Item extends KubernetesObject>(
    path: string,
    list: () => Promise<KubernetesListObject<Item>>,
    labelSelector: string,
    tell: (item: Item, deleted: boolean) => void,
  ): Promise<void> {
    const { signal } = this.#stop;
    const { api, handlers } = this.#options;
    const watch = new ToldWatch(api.kubeConfig, signal);
    // The client waits ever longer where nothing has happened between two ends, and sees nothing meanwhile.
    const delayFn = async (ms: number) =>
      void (await delay(Math.min(ms, restDelayMs), undefined, { signal }).catch(() => {}));
    const informer = new ListWatch<Item>(path, watch, list, false, labelSelector, undefined, { delayFn });
    let restarting = false;
    const restart = async (error: unknown): Promise<void> => {
      if (restarting) return;
      restarting = true;
      let failingMs = 0;
      for (let wait = 200, told = error; !signal.aborted; wait = Math.min(wait * 2, longestDelayMs)) {
        if (wait > 1000) {
          this.#failing.add(path);
          handlers.unreachable(told, failingMs);
        }
        await delay(wait, undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        const begin = Date.now();
        let failure: unknown;
        const note = (problem: unknown) => {
          failure ??= problem ?? new DOMException('the watch was closed', 'NetworkError');
        };
        informer.on('error', note);
        await informer.start().catch(note);
        informer.off('error', note);
        if (failure === undefined) break;
        failingMs += wait + Math.min(Date.now() - begin, answerMs);
        told = failure;
      }
      restarting = false;
      if (this.#failing.delete(path) && this.#failing.size === 0) handlers.reachable();
    };
    informer.on('add', (item) => tell(item, false));
    informer.on('update', (item) => tell(item, false));
    informer.on('delete', (item) => tell(item, true));
    let first: unknown;
    informer.on('error', (error) => {
      if (restarting) return;
      first ??= error;
      if (this.#informers.includes(informer as ListWatch<KubernetesObject>)) void restart(error);
    });
    await informer.start();
    if (signal.aborted) await informer.stop();
    if (first !== undefined) throw first;
    this.#informers.push(informer as ListWatch<KubernetesObject>);
  }
}
