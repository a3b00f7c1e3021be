import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { LaunchCredentials, LauncherContext, RemoteLaunch, StepRequest } from '@mlstack/core/flavor';
import { remoteBootstrap } from '@mlstack/core/flavor';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { insist, statusOf } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { annotations, labelsOf, selectorOf, shortHash } from './object-names.ts';

/** How long a URL to the code works. */
const urlSeconds = 6 * 3600;
/** How often the URLs are renewed while Jobs may wait. */
const refreshMs = 20 * 60_000;
/** How long credentials stay in the cluster whose driver does not come back, in seconds. */
const keepSeconds = 86_400;

export interface RunObjectsOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly scope: RunScope;
  readonly context: LauncherContext;
  readonly patience: InsistOptions;
}

type Parts = Awaited<ReturnType<LauncherContext['publishCode']>>;

/**
 * What the Jobs of one driver's run share: a Secret for each set of variables that steps name, with URLs to the code. They belong to
 * a Job without pods that ends after a day, or when the run does, and takes them with it: also where no driver is left.
 */
export class RunObjects {
  readonly #options: RunObjectsOptions;
  readonly #secrets = new Map<string, { readonly env: LaunchCredentials['env']; readonly name: Promise<string> }>();
  #parts: Promise<Parts> | undefined;
  #owner: Promise<string> | undefined;
  #request: StepRequest | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunObjectsOptions) {
    this.#options = options;
  }

  /** The name of the Secret for an execution. */
  async secretFor(request: StepRequest, { env }: LaunchCredentials): Promise<string> {
    this.#request = request;
    this.#timer ??= setInterval(() => void this.#refresh().catch(() => {}), refreshMs).unref();
    const names = JSON.stringify(Object.keys(env).sort());
    let secret = this.#secrets.get(names);
    if (secret === undefined) {
      secret = { env, name: this.#createSecret(request, env, names) };
      this.#secrets.set(names, secret);
      secret.name.catch(() => this.#secrets.delete(names));
    }
    return await secret.name;
  }

  /** Removes what this run's drivers made. */
  async remove(): Promise<void> {
    this.close();
    const { api, namespace, scope, patience } = this.#options;
    await insist(
      () =>
        api.batch.deleteCollectionNamespacedJob({
          namespace,
          labelSelector: selectorOf(scope, 'run'),
          propagationPolicy: 'Background',
        }),
      patience,
    );
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #createSecret(request: StepRequest, env: LaunchCredentials['env'], names: string): Promise<string> {
    const { api, namespace, scope, patience } = this.#options;
    const [owner, launch] = await Promise.all([this.#createOwner(request), this.#describeLaunch(request, env)]);
    const ownerName = this.#ownerName(request);
    const name = `${ownerName}-${shortHash(names).slice(0, 8)}`;
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        labels: labelsOf(scope, 'run'),
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: ownerName, uid: owner }],
      },
      stringData: { 'bootstrap.mjs': remoteBootstrap, 'launch.json': JSON.stringify(launch) },
    };
    await insist(async () => {
      try {
        await api.core.createNamespacedSecret({ namespace, body });
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        await api.core.replaceNamespacedSecret({ name, namespace, body });
      }
    }, patience);
    return name;
  }

  async #describeLaunch({ components }: StepRequest, env: LaunchCredentials['env']): Promise<RemoteLaunch> {
    const { artifactStore } = this.#options.context;
    const parts = await this.#publish();
    return {
      formatVersion: 1,
      parts: await Promise.all(
        parts.map(async ({ name, key, sha256 }) => ({
          name,
          sha256,
          url: await artifactStore.presign(key, { method: 'GET', expiresInSeconds: urlSeconds }),
        })),
      ),
      artifactStore: components.artifactStore,
      env,
    };
  }

  #publish(): Promise<Parts> {
    this.#parts ??= this.#options.context.publishCode(this.#request as StepRequest);
    this.#parts.catch(() => {
      this.#parts = undefined;
    });
    return this.#parts;
  }

  /** Each driver of a run has its own, so that one that lost its lease takes nothing from the next. */
  #ownerName({ leaseEpoch }: StepRequest): string {
    const { runId, componentId } = this.#options.scope;
    return `mlstack-run-${shortHash(runId, componentId, String(leaseEpoch))}`;
  }

  /** @returns its uid. */
  #createOwner(request: StepRequest): Promise<string> {
    const { api, namespace, scope, patience } = this.#options;
    const name = this.#ownerName(request);
    const create = async (): Promise<string> => {
      try {
        const { metadata } = await api.batch.createNamespacedJob({
          namespace,
          body: {
            apiVersion: 'batch/v1',
            kind: 'Job',
            metadata: {
              name,
              labels: labelsOf(scope, 'run'),
              annotations: {
                [annotations.runId]: request.runId,
                [annotations.runName]: request.runName,
                [annotations.pipeline]: request.pipeline,
              },
            },
            spec: {
              parallelism: 0,
              activeDeadlineSeconds: keepSeconds,
              ttlSecondsAfterFinished: 0,
              template: {
                spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none', command: ['none'] }] },
              },
            },
          },
        });
        return metadata?.uid ?? '';
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        const { metadata } = await api.batch.readNamespacedJob({ name, namespace });
        return metadata?.uid ?? '';
      }
    };
    this.#owner ??= insist(create, patience);
    this.#owner.catch(() => {
      this.#owner = undefined;
    });
    return this.#owner;
  }

  /** New URLs, and another day for them. */
  async #refresh(): Promise<void> {
    const { api, namespace } = this.#options;
    const request = this.#request;
    if (request === undefined) return;
    this.#parts = undefined;
    for (const { env, name } of this.#secrets.values()) {
      const body = { stringData: { 'launch.json': JSON.stringify(await this.#describeLaunch(request, env)) } };
      const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
      await api.core.patchNamespacedSecret({ name: await name, namespace, body }, merge);
    }
    const name = this.#ownerName(request);
    const { status } = await api.batch.readNamespacedJob({ name, namespace });
    const age = (Date.now() - (status?.startTime?.getTime() ?? Date.now())) / 1000;
    const body = { spec: { activeDeadlineSeconds: Math.ceil(age) + keepSeconds } };
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    await api.batch.patchNamespacedJob({ name, namespace, body }, merge);
  }
}
