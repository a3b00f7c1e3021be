import { setTimeout as delay } from 'node:timers/promises';
import type { KubernetesListObject, KubernetesObject, V1Job, V1Pod } from '@kubernetes/client-node';
import { ListWatch, Watch } from '@kubernetes/client-node';
import type { KubernetesApi } from './kubernetes-api.ts';
import { answerMs, explainApiError, limited } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { selectorOf } from './object-names.ts';

export interface RunWatchHandlers {
  pod(pod: V1Pod, deleted: boolean): void;
  job(job: V1Job, deleted: boolean): void;
  /** The API server has not answered for so long, as far as this machine was awake. Told again with each try that has failed. */
  unreachable(reason: string, sinceMs: number): void;
}

export interface RunWatchOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly scope: RunScope;
  readonly handlers: RunWatchHandlers;
}

const longestDelayMs = 10_000;

/** Tells also of credentials that cannot be renewed: the client throws that where nobody listens. */
class ToldWatch extends Watch {
  override async watch(...request: Parameters<Watch['watch']>): Promise<AbortController> {
    const [, , , done] = request;
    try {
      return await super.watch(...request);
    } catch (error) {
      done(error);
      return new AbortController();
    }
  }
}

/**
 * Watches the Jobs of a run and their pods: two requests that stay open, however many steps there are, begun again where they left
 * off. What was missed meanwhile, deletions too, is found by listing.
 */
export class RunWatch {
  readonly #stop = new AbortController();
  readonly #informers: ListWatch<KubernetesObject>[] = [];
  readonly #options: RunWatchOptions;

  constructor(options: RunWatchOptions) {
    this.#options = options;
  }

  /** Resolves when what is there already has been told. */
  async start(): Promise<void> {
    const { api, namespace, scope, handlers } = this.#options;
    const labelSelector = selectorOf(scope, 'step');
    await Promise.all([
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
    const watch = new ToldWatch(this.#options.api.kubeConfig);
    const informer = new ListWatch<Item>(path, watch, () => limited(list()), false, labelSelector);
    let restarting = false;
    const restart = async (error: unknown): Promise<void> => {
      if (restarting) return;
      restarting = true;
      let failingMs = 0;
      for (
        let wait = 200, reason = explainApiError(error);
        !this.#stop.signal.aborted;
        wait = Math.min(wait * 2, longestDelayMs)
      ) {
        if (wait > 1000) this.#options.handlers.unreachable(reason, failingMs);
        await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
        if (this.#stop.signal.aborted) return;
        const begin = Date.now();
        let failure: unknown;
        const note = (problem: unknown) => {
          failure ??= problem ?? new Error('the watch was closed');
        };
        informer.on('error', note);
        await informer.start().catch(note);
        informer.off('error', note);
        if (failure === undefined) break;
        failingMs += wait + Math.min(Date.now() - begin, answerMs);
        reason = explainApiError(failure);
      }
      restarting = false;
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
    if (first !== undefined) throw first;
    this.#informers.push(informer as ListWatch<KubernetesObject>);
  }
}
