import type { DriverSubmission, Launcher, LauncherContext } from '@mlstack/core/flavor';
import { Orchestrator, startBackgroundProcess } from '@mlstack/core/flavor';
import { JobLauncher } from './job-launcher.ts';
import { createKubernetesApi } from './kubernetes-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';

/** Each step a Job; the driver is a process of this machine. */
export class KubernetesOrchestrator extends Orchestrator<KubernetesConfig> {
  async createLauncher(context: LauncherContext): Promise<Launcher> {
    const { config, id: componentId } = this;
    const api = createKubernetesApi(config);
    return new JobLauncher(context, { api, config, componentId, settingsKey: 'orchestrator/kubernetes' });
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
}
