import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type {
  ComponentContext,
  ComponentInit,
  ComponentStatus,
  DiagnosisContext,
  Finding,
  Launcher,
  LauncherContext,
  LifecycleOutcome,
} from '@mlstack/core/flavor';
import { MlstackError, makeFolder } from '@mlstack/core/flavor';
import { createClusterApi } from './cluster-api.ts';
import { JobLauncher } from './job-launcher.ts';
import { createKubernetesApi } from './kubernetes-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';
import { deprovisionNamespace, namespaceStatus, provisionNamespace } from './provision-namespace.ts';

/** The place on a cluster where the pods of one component are. Nothing is read, and nothing reached, before it is used. */
export class KubernetesCluster {
  readonly config: KubernetesConfig;
  readonly componentId: string;
  /** For people: `orchestrator k8s`. */
  readonly label: string;

  readonly #contextFile: string;

  constructor({ id, type, name, config, context }: ComponentInit<KubernetesConfig>) {
    this.config = withAbsolutePath(config, context);
    this.componentId = id;
    this.label = `${type} ${name}`;
    this.#contextFile = join(context.stateDirectory, 'kubernetes-context');
  }

  get #owner() {
    return { id: this.componentId, label: this.label };
  }

  /**
   * Before something is made or looked for that has to be found again. A component without a context of its own follows kubectl's, but
   * not away from the cluster where it began: there are its runs.
   */
  stay(): void {
    const { context } = this.config;
    if (context !== undefined) {
      rmSync(this.#contextFile, { force: true });
      return;
    }
    const current = createKubernetesApi(this.config).kubeConfig.getCurrentContext();
    if (this.requireSameContext(current)) return;
    makeFolder(dirname(this.#contextFile), 0o700);
    writeFileSync(this.#contextFile, current);
  }

  /** Fails where it has worked on another context. @returns whether it has worked on any. */
  requireSameContext(current: string): boolean {
    const earlier = this.#earlierContext();
    if (earlier !== undefined && earlier !== current) throw new ContextChangedError(this.label, earlier, current);
    return earlier !== undefined;
  }

  #earlierContext(): string | undefined {
    try {
      return readFileSync(this.#contextFile, 'utf8') || undefined;
    } catch {
      return undefined;
    }
  }

  /** @param settingsKey under which steps put settings for it. */
  createLauncher(context: LauncherContext, settingsKey: string): Launcher {
    this.stay();
    const { config, componentId } = this;
    return new JobLauncher(context, { api: createKubernetesApi(config), config, componentId, settingsKey });
  }

  async provision(): Promise<LifecycleOutcome> {
    this.stay();
    return await provisionNamespace(createClusterApi(this.config), this.#owner);
  }

  async deprovision(): Promise<LifecycleOutcome> {
    this.stay();
    return await deprovisionNamespace(createClusterApi(this.config), this.#owner);
  }

  async status(): Promise<ComponentStatus> {
    return await namespaceStatus(this.config);
  }

  async diagnose(context: DiagnosisContext): Promise<Finding[]> {
    const { diagnoseCluster } = await import('./diagnose-cluster.ts');
    return await diagnoseCluster(this, context);
  }
}

class ContextChangedError extends MlstackError {
  readonly code = 'KUBERNETES_CONTEXT_CHANGED';

  constructor(label: string, earlier: string, current: string) {
    const [type, name] = label.split(' ');
    super(
      `The ${type} "${name}" has worked on context "${earlier}", and the current one of the kubeconfig is "${current}".`,
      {
        hint: `Say which it is to be: mlstack ${type} update ${name} --context=${earlier}.`,
      },
    );
  }
}

/** No shell puts the home folder into `--kubeconfig=~/config`. */
function withAbsolutePath(config: KubernetesConfig, { projectDirectory = '' }: ComponentContext): KubernetesConfig {
  const { kubeconfig } = config;
  if (kubeconfig === undefined) return config;
  return {
    ...config,
    kubeconfig: resolve(
      projectDirectory,
      kubeconfig.replace(/^~(?=[/\\])/, () => homedir()),
    ),
  };
}
