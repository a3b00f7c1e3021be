import { setTimeout as delay } from 'node:timers/promises';
import type { Informer, KubernetesListObject, KubernetesObject, V1Job, V1Pod } from '@kubernetes/client-node';
import { makeInformer } from '@kubernetes/client-node';
import type { KubernetesApi } from './kubernetes-api.ts';
import { explainApiError } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { selectorOf } from './object-names.ts';

export interface RunWatchHandlers {
  pod(pod: V1Pod, deleted: boolean): void;
  job(job: V1Job, deleted: boolean): void;
  /** The API server has not answered for so long. Told again with each try. */
  unreachable(reason: string, sinceMs: number): void;
}

export interface RunWatchOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly scope: RunScope;
  readonly handlers: RunWatchHandlers;
}

const longestDelayMs = 10_000;

/**
 * Watches the Jobs of a run and their pods: two requests that stay open, however many steps there are, begun again where they left
 * off. What was missed meanwhile, deletions too, is found by listing.
 */
export class RunWatch {
  readonly #stop = new AbortController();
  readonly #informers: Informer<KubernetesObject>[] = [];
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
    const informer = makeInformer<Item>(this.#options.api.kubeConfig, path, list, labelSelector);
    let failingSince: number | undefined;
    let restarting = false;
    const isAlive = () => {
      failingSince = undefined;
    };
    const restart = async (error: unknown): Promise<void> => {
      if (restarting) return;
      restarting = true;
      failingSince ??= Date.now();
      for (
        let wait = 200, reason = explainApiError(error);
        !this.#stop.signal.aborted;
        wait = Math.min(wait * 2, longestDelayMs)
      ) {
        if (wait > 1000) this.#options.handlers.unreachable(reason, Date.now() - failingSince);
        await delay(wait, undefined, { signal: this.#stop.signal }).catch(() => {});
        if (this.#stop.signal.aborted) return;
        let failure: unknown;
        const note = (problem: unknown) => {
          failure ??= problem ?? new Error('the watch was closed');
        };
        informer.on('error', note);
        await informer.start().catch(note);
        informer.off('error', note);
        if (failure === undefined) {
          isAlive();
          break;
        }
        reason = explainApiError(failure);
      }
      restarting = false;
    };
    informer.on('add', (item) => {
      isAlive();
      tell(item, false);
    });
    informer.on('update', (item) => {
      isAlive();
      tell(item, false);
    });
    informer.on('delete', (item) => tell(item, true));
    let first: unknown;
    informer.on('error', (error) => {
      if (restarting) return;
      first ??= error;
      if (this.#informers.includes(informer as Informer<KubernetesObject>)) void restart(error);
    });
    await informer.start();
    if (first !== undefined) throw first;
    this.#informers.push(informer as Informer<KubernetesObject>);
  }
}
