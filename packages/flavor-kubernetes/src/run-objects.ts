import type { V1Job } from '@kubernetes/client-node';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { LaunchCredentials, LauncherContext, RemoteLaunch, StepRequest } from '@mlstack/core/flavor';
import { remoteBootstrap } from '@mlstack/core/flavor';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { ignoreMissing, insist, statusOf } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { annotations, labels, labelsOf, shortHash } from './object-names.ts';
import { secretNameOf } from './step-job.ts';

/** How long a URL to the code works. */
const urlSeconds = 6 * 3600;
/** How often the URLs are renewed while Jobs may wait. */
const refreshMs = 20 * 60_000;
/** How long credentials stay in the cluster whose driver does not come back, in seconds. */
const keepSeconds = 86_400;

export interface RunObjectsTiming {
  readonly urlSeconds: number;
  readonly refreshMs: number;
  readonly keepSeconds: number;
}

export interface RunObjectsOptions {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly scope: RunScope;
  readonly context: Pick<LauncherContext, 'artifactStore' | 'publishCode'>;
  readonly patience: InsistOptions;
  readonly timing?: Partial<RunObjectsTiming>;
}

/**
 * What the Jobs of one driver's run share: a Secret for each set of variables that steps name, with URLs to the code. They belong to
 * a Job without pods that ends after a day, or when the run does, and takes them with it: also where no driver is left.
 *
 * A driver that takes over keeps what the Jobs of the one before hang on.
 */
export class RunObjects {
  readonly #options: RunObjectsOptions;
  readonly #timing: RunObjectsTiming;
  readonly #secrets = new Map<string, Promise<string>>();
  /** Names of Secrets whose URLs are renewed, with the Jobs that own them. */
  readonly #kept = new Map<string, string>();
  /** Of earlier drivers, whether their Secrets are known or not. */
  readonly #owners = new Set<string>();
  #parts: Promise<RemoteLaunch> | undefined;
  #owner: Promise<string> | undefined;
  #request: StepRequest | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunObjectsOptions) {
    this.#options = options;
    this.#timing = { urlSeconds, refreshMs, keepSeconds, ...options.timing };
  }

  /** The name of the Secret for an execution. */
  async secretFor(request: StepRequest, { env }: LaunchCredentials): Promise<string> {
    this.#begin(request);
    const names = JSON.stringify(Object.keys(env).sort());
    let secret = this.#secrets.get(names);
    if (secret === undefined) {
      secret = this.#createSecret(request, env, names);
      this.#secrets.set(names, secret);
      secret.catch(() => this.#secrets.delete(names));
    }
    return await secret;
  }

  /**
   * From now on what an earlier driver's Jobs hang on is removed in the end, and renewed until then.
   *
   * @param jobs of steps, and those that own Secrets.
   * @param request of any of these steps; without one there are none that wait.
   */
  adopt(jobs: readonly V1Job[], request: StepRequest | undefined): void {
    for (const job of jobs) {
      const secret = secretNameOf(job);
      if (secret !== undefined) this.#kept.set(secret, ownerOfSecret(secret));
      const { name, labels: own = {} } = job.metadata ?? {};
      if (name !== undefined && own[labels.role] === 'run') this.#owners.add(name);
    }
    if (request === undefined) return;
    this.#begin(request);
    void this.refresh().catch(() => {});
  }

  /** New URLs, and another day for them. */
  async refresh(): Promise<void> {
    const { api, namespace } = this.#options;
    if (this.#request === undefined) return;
    this.#parts = undefined;
    const body = { stringData: { 'launch.json': JSON.stringify(await this.#describeLaunch(this.#request)) } };
    const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    for (const name of this.#kept.keys()) {
      await ignoreMissing(api.core.patchNamespacedSecret({ name, namespace, body }, merge));
    }
    for (const name of new Set(this.#kept.values())) {
      await ignoreMissing(
        (async () => {
          const { status } = await api.batch.readNamespacedJob({ name, namespace });
          const age = (Date.now() - (status?.startTime?.getTime() ?? Date.now())) / 1000;
          const spec = { activeDeadlineSeconds: Math.ceil(age) + this.#timing.keepSeconds };
          await api.batch.patchNamespacedJob({ name, namespace, body: { spec } }, merge);
        })(),
      );
    }
  }

  /** Removes what was made here and what was adopted; what belongs to a driver that came later stays. */
  async remove(): Promise<void> {
    this.close();
    const { api, namespace, patience } = this.#options;
    const propagationPolicy = 'Background';
    const remove = (name: string) =>
      ignoreMissing(insist(() => api.batch.deleteNamespacedJob({ name, namespace, propagationPolicy }), patience));
    await Promise.all([...new Set([...this.#kept.values(), ...this.#owners])].map(remove));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #begin(request: StepRequest): void {
    this.#request ??= request;
    this.#timer ??= setInterval(() => void this.refresh().catch(() => {}), this.#timing.refreshMs).unref();
  }

  async #createSecret(request: StepRequest, env: LaunchCredentials['env'], names: string): Promise<string> {
    const { api, namespace, scope, patience } = this.#options;
    const ownerName = this.#ownerName(request);
    const name = `${ownerName}-${shortHash(names).slice(0, 8)}`;
    this.#kept.set(name, ownerName);
    const [owner, launch] = await Promise.all([this.#createOwner(request), this.#describeLaunch(request)]);
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        labels: labelsOf(scope, 'run'),
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: ownerName, uid: owner }],
      },
      stringData: {
        'bootstrap.mjs': remoteBootstrap,
        'launch.json': JSON.stringify(launch),
        'env.json': JSON.stringify(env),
      },
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

  #describeLaunch(request: StepRequest): Promise<RemoteLaunch> {
    const describe = async (): Promise<RemoteLaunch> => {
      const { artifactStore, publishCode } = this.#options.context;
      const expiresInSeconds = this.#timing.urlSeconds;
      const parts = (await publishCode(request)).map(async ({ name, key, sha256 }) => ({
        name,
        sha256,
        url: await artifactStore.presign(key, { method: 'GET', expiresInSeconds }),
      }));
      return { formatVersion: 1, parts: await Promise.all(parts), artifactStore: request.components.artifactStore };
    };
    this.#parts ??= describe();
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
              activeDeadlineSeconds: this.#timing.keepSeconds,
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
}

/** The Job that owns a Secret of this name. */
function ownerOfSecret(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}
