import type { V1Job, V1PodTemplateSpec } from '@kubernetes/client-node';
import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import type { CodePart, LaunchCredentials, LauncherContext, RemoteLaunch, StepRequest } from '@mlstack/core/flavor';
import { carriedFile, remoteBootstrap } from '@mlstack/core/flavor';
import type { InsistOptions, KubernetesApi } from './kubernetes-api.ts';
import { ignoreMissing, insist, statusOf } from './kubernetes-api.ts';
import type { RunScope } from './object-names.ts';
import { annotations, labels, labelsOf, shortHash } from './object-names.ts';
import { readJobEnd } from './pod-state.ts';
import { secretNameOf } from './step-job.ts';

/** How long a URL to the code works. */
const urlSeconds = 6 * 3600;
/**
 * How often the URLs are renewed while Jobs may wait. One that was signed by credentials of a session ends with these, which may last
 * for five minutes only when it is made.
 */
const refreshMs = 4 * 60_000;
/** How long credentials stay in the cluster whose driver does not come back, in seconds. */
const keepSeconds = 86_400;
/**
 * Up to so many characters of base64 the code lies in the Secret itself, which takes 1 MiB of bytes: for a pod that is less work than to
 * fetch it.
 */
const mostCarried = 768 * 1024;
/** The same for all Secrets of a run together, which the cluster keeps in memory. */
const mostCarriedInAll = 8 * mostCarried;

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
  /** Of pods like those of the step: policies of the cluster look at it, and no pod is made of it. */
  readonly ownerTemplate: (request: StepRequest) => V1PodTemplateSpec;
  readonly timing?: Partial<RunObjectsTiming>;
}

interface DescribedLaunch {
  readonly launch: RemoteLaunch;
  /** Parts as files of a Secret, in base64, but for those that are too large. */
  readonly files: Readonly<Record<string, string>>;
}

interface KeptSecret {
  /** Of any step that executes its code. */
  readonly request: StepRequest;
  renewedAt: number;
}

const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);

/**
 * What the Jobs of one driver's run share: a Secret for each set of variables that steps name, with their code, or URLs to it. They
 * belong to a Job without pods that ends after a day, or when the run does, and takes them with it: also where no driver is left.
 *
 * A driver that takes over keeps what the Jobs of the one before hang on.
 */
export class RunObjects {
  readonly #options: RunObjectsOptions;
  readonly #timing: RunObjectsTiming;
  /** By the code and the names of variables that they hold. */
  readonly #secrets = new Map<string, Promise<string>>();
  /** Secrets whose URLs are renewed, by name. */
  readonly #kept = new Map<string, KeptSecret>();
  /** Jobs that own Secrets, those of earlier drivers too. */
  readonly #owners = new Set<string>();
  /** By the code's digest. */
  readonly #launches = new Map<string, Promise<DescribedLaunch>>();
  /** Of the code in all Secrets, as base64. */
  #carriedSize = 0;
  #owner: Promise<string> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RunObjectsOptions) {
    this.#options = options;
    this.#timing = { urlSeconds, refreshMs, keepSeconds, ...options.timing };
  }

  /** The name of the Secret for an execution. One whose renewal is overdue, as after a machine slept, is made again. */
  async secretFor(request: StepRequest, { env }: LaunchCredentials): Promise<string> {
    this.#begin();
    const content = JSON.stringify([request.code.digest, ...Object.keys(env).sort()]);
    const known = this.#secrets.get(content);
    if (known !== undefined && !this.#isOverdue(await known)) return await known;
    // Another call may have begun to make it meanwhile.
    const current = this.#secrets.get(content);
    if (current !== undefined && current !== known) return await current;
    if (known !== undefined) {
      this.#owner = undefined;
      this.#launches.delete(request.code.digest);
    }
    const secret = this.#createSecret(request, env, content);
    this.#secrets.set(content, secret);
    secret.catch(() => this.#secrets.delete(content));
    return await secret;
  }

  /**
   * From now on what an earlier driver's Jobs hang on is removed in the end, and renewed until then.
   *
   * @param jobs of steps, and those that own Secrets.
   * @param readRequest of a step's Job. Without it the step goes on as long as its URLs last.
   */
  async adopt(jobs: readonly V1Job[], readRequest: (job: V1Job) => Promise<StepRequest | undefined>): Promise<void> {
    const byTheirSecret = new Map<string, V1Job>();
    for (const job of jobs) {
      const { name, labels: own = {} } = job.metadata ?? {};
      const secret = own[labels.role] === 'run' ? undefined : secretNameOf(job);
      if (secret !== undefined) byTheirSecret.set(secret, job);
      else if (name !== undefined && own[labels.role] === 'run') this.#owners.add(name);
    }
    const keep = async ([name, job]: [string, V1Job]) => {
      this.#owners.add(ownerOfSecret(name));
      const request = await readRequest(job).catch(() => undefined);
      if (request !== undefined) this.#kept.set(name, { request, renewedAt: 0 });
    };
    await Promise.all([...byTheirSecret].map(keep));
    if (this.#kept.size === 0) return;
    this.#begin();
    void this.refresh();
  }

  /** New URLs, each Secret those to its own code, and another day for them. What fails is left to the next time. */
  async refresh(): Promise<void> {
    this.#launches.clear();
    for (const [name, kept] of this.#kept) await this.#renew(name, kept).catch(() => {});
  }

  async #renew(name: string, kept: KeptSecret): Promise<void> {
    const { api, namespace } = this.#options;
    const { launch } = await this.#describeLaunch(kept.request);
    await this.#extendOwner(ownerOfSecret(name));
    const body = { stringData: { 'launch.json': JSON.stringify(launch) } };
    await api.core.patchNamespacedSecret({ name, namespace, body }, mergePatch);
    kept.renewedAt = Date.now();
  }

  /** @returns its uid. */
  async #extendOwner(name: string): Promise<string> {
    const { api, namespace } = this.#options;
    const job = await api.batch.readNamespacedJob({ name, namespace });
    const { metadata, status } = job;
    if (metadata?.deletionTimestamp !== undefined || readJobEnd(job) !== undefined) {
      throw new DOMException(`Job ${name} is being removed`, 'InvalidStateError');
    }
    const age = (Date.now() - (status?.startTime?.getTime() ?? Date.now())) / 1000;
    const spec = { activeDeadlineSeconds: Math.ceil(age) + this.#timing.keepSeconds };
    await api.batch.patchNamespacedJob({ name, namespace, body: { spec } }, mergePatch);
    return metadata?.uid ?? '';
  }

  #isOverdue(secret: string): boolean {
    const { renewedAt = 0 } = this.#kept.get(secret) ?? {};
    return Date.now() - renewedAt > 2 * this.#timing.refreshMs;
  }

  /** Removes what was made here and what was adopted; what belongs to a driver that came later stays. */
  async remove(): Promise<void> {
    this.close();
    const { api, namespace, patience } = this.#options;
    const propagationPolicy = 'Background';
    const remove = (name: string) =>
      ignoreMissing(insist(() => api.batch.deleteNamespacedJob({ name, namespace, propagationPolicy }), patience));
    await Promise.all([...this.#owners].map(remove));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #begin(): void {
    this.#timer ??= setInterval(() => void this.refresh(), this.#timing.refreshMs).unref();
  }

  async #createSecret(request: StepRequest, env: LaunchCredentials['env'], content: string): Promise<string> {
    const { api, namespace, scope, patience } = this.#options;
    const ownerName = this.#ownerName(request);
    const name = `${ownerName}-${shortHash(content).slice(0, 8)}`;
    this.#owners.add(ownerName);
    const [owner, { launch, files }] = await Promise.all([this.#createOwner(request), this.#describeLaunch(request)]);
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        labels: labelsOf(scope, 'run'),
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: ownerName, uid: owner }],
      },
      data: this.#carry(files),
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
    this.#kept.set(name, { request, renewedAt: Date.now() });
    return name;
  }

  #carry(files: DescribedLaunch['files']): DescribedLaunch['files'] {
    const size = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    if (this.#carriedSize + size > mostCarriedInAll) return {};
    this.#carriedSize += size;
    return files;
  }

  #describeLaunch(request: StepRequest): Promise<DescribedLaunch> {
    const describe = async (): Promise<DescribedLaunch> => {
      const { artifactStore, publishCode } = this.#options.context;
      const expiresInSeconds = this.#timing.urlSeconds;
      const [published, resolvedConfig] = await Promise.all([publishCode(request), artifactStore.remoteConfig()]);
      const parts = published.map(async ({ name, key, sha256 }) => ({
        name,
        sha256,
        url: await artifactStore.presign(key, { method: 'GET', expiresInSeconds }),
      }));
      const reference = request.components.artifactStore;
      const launch = {
        formatVersion: 1,
        parts: await Promise.all(parts),
        artifactStore: resolvedConfig === undefined ? reference : { ...reference, resolvedConfig },
      } as const;
      return { launch, files: filesOf(published) };
    };
    const { digest } = request.code;
    const known = this.#launches.get(digest);
    if (known !== undefined) return known;
    const launch = describe();
    this.#launches.set(digest, launch);
    launch.catch(() => this.#launches.delete(digest));
    return launch;
  }

  /** Each driver of a run has its own, so that one that lost its lease takes nothing from the next. */
  #ownerName({ leaseEpoch }: StepRequest): string {
    const { runId, componentId } = this.#options.scope;
    return `mlstack-run-${shortHash(runId, componentId, String(leaseEpoch))}`;
  }

  /** @returns its uid. */
  #createOwner(request: StepRequest): Promise<string> {
    const { api, namespace, scope, patience, ownerTemplate } = this.#options;
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
              template: ownerTemplate(request),
            },
          },
        });
        return metadata?.uid ?? '';
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        return await this.#extendOwner(name);
      }
    };
    this.#owner ??= insist(create, patience);
    this.#owner.catch(() => {
      this.#owner = undefined;
    });
    return this.#owner;
  }
}

/** The smallest parts first: what is fetched all the same is one request, where it is the user's own code that is large. */
function filesOf(parts: readonly CodePart[]): Record<string, string> {
  const files: Record<string, string> = {};
  let size = 0;
  for (const part of parts.toSorted((one, other) => one.packed.length - other.packed.length)) {
    size += Math.ceil(part.packed.length / 3) * 4;
    if (size > mostCarried) break;
    files[carriedFile(part)] = Buffer.from(part.packed).toString('base64');
  }
  return files;
}

/** The Job that owns a Secret of this name. */
function ownerOfSecret(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}
