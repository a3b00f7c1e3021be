import type {
  ComponentInit,
  ComponentStatus,
  DiagnosisContext,
  DriverSubmission,
  Finding,
  Launcher,
  LauncherContext,
  LifecycleOutcome,
} from '@mlstack/core/flavor';
import { Orchestrator, startBackgroundProcess } from '@mlstack/core/flavor';
import { KubernetesCluster } from './kubernetes-cluster.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';

/** Each step a Job; the driver is a process of this machine. */
export class KubernetesOrchestrator extends Orchestrator<KubernetesConfig> {
  readonly cluster: KubernetesCluster;

  constructor(init: ComponentInit<KubernetesConfig>) {
    super(init);
    this.cluster = new KubernetesCluster(init);
  }

  async createLauncher(context: LauncherContext): Promise<Launcher> {
    return this.cluster.createLauncher(context, 'orchestrator/kubernetes');
  }

  async submitDriver({
    command,
    projectDirectory,
    logFile,
  }: DriverSubmission): Promise<{ readonly description: string }> {
    const pid = await startBackgroundProcess(command, { directory: projectDirectory, logFile });
    return {
      description: `process ${pid} on this machine, while its steps run on the cluster; its output goes to ${logFile}`,
    };
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
