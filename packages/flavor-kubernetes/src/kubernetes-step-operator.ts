import type {
  ComponentInit,
  ComponentStatus,
  DiagnosisContext,
  Finding,
  Launcher,
  LauncherContext,
  LifecycleOutcome,
} from '@mlstack/core/flavor';
import { StepOperator } from '@mlstack/core/flavor';
import { KubernetesCluster } from './kubernetes-cluster.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';

/** Single steps of a run as Jobs. */
export class KubernetesStepOperator extends StepOperator<KubernetesConfig> {
  readonly cluster: KubernetesCluster;

  constructor(init: ComponentInit<KubernetesConfig>) {
    super(init);
    this.cluster = new KubernetesCluster(init);
  }

  async createLauncher(context: LauncherContext): Promise<Launcher> {
    return this.cluster.createLauncher(context, 'step-operator/kubernetes');
  }

  override async provision(): Promise<LifecycleOutcome> {
    return await this.cluster.provision();
  }

  override async deprovision(): Promise<LifecycleOutcome> {
    return await this.cluster.deprovision();
  }

  override async status(): Promise<ComponentStatus> {
    return await this.cluster.status();
  }

  override async diagnose(context: DiagnosisContext): Promise<Finding[]> {
    return await this.cluster.diagnose(context);
  }
}
