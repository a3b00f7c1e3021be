import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type {
  ComponentContext,
  ComponentInit,
  ComponentStatus,
  DiagnosisContext,
  Finding,
  LifecycleOutcome,
} from '@mlstack/core/flavor';
import { createClusterApi } from './cluster-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';
import { deprovisionNamespace, namespaceStatus, provisionNamespace } from './provision-namespace.ts';

/** The place on a cluster where the pods of one component are. Nothing is read, and nothing reached, before it is used. */
export class KubernetesCluster {
  readonly config: KubernetesConfig;
  readonly componentId: string;
  /** For people: `orchestrator k8s`. */
  readonly label: string;

  constructor({ id, type, name, config, context }: ComponentInit<KubernetesConfig>) {
    this.config = withAbsolutePath(config, context);
    this.componentId = id;
    this.label = `${type} ${name}`;
  }

  get #owner() {
    return { id: this.componentId, label: this.label };
  }

  async provision(): Promise<LifecycleOutcome> {
    return await provisionNamespace(createClusterApi(this.config), this.#owner);
  }

  async deprovision(): Promise<LifecycleOutcome> {
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

/** No shell puts the home folder into `--kubeconfig=~/config`. */
function withAbsolutePath(config: KubernetesConfig, { projectDirectory = '' }: ComponentContext): KubernetesConfig {
  const { kubeconfig } = config;
  if (kubeconfig === undefined) return config;
  return { ...config, kubeconfig: resolve(projectDirectory, kubeconfig.replace(/^~(?=[/\\])/, homedir())) };
}
