import type { Launcher, LauncherContext } from '@mlstack/core/flavor';
import { StepOperator } from '@mlstack/core/flavor';
import { JobLauncher } from './job-launcher.ts';
import { createKubernetesApi } from './kubernetes-api.ts';
import type { KubernetesConfig } from './kubernetes-config.ts';

/** Single steps of a run as Jobs. */
export class KubernetesStepOperator extends StepOperator<KubernetesConfig> {
  async createLauncher(context: LauncherContext): Promise<Launcher> {
    const { config, id: componentId } = this;
    const api = createKubernetesApi(config);
    return new JobLauncher(context, { api, config, componentId, settingsKey: 'step-operator/kubernetes' });
  }
}
