import { defineFlavor } from '@mlstack/core/flavor';
import { carriedCode } from './carried-code.ts';
import { kubernetesConfig, kubernetesSettings } from './kubernetes-config.ts';
import { podRules } from './stack-rules.ts';

export const kubernetesStepOperator = defineFlavor({
  type: 'step-operator',
  name: 'kubernetes',
  contractVersion: 1,
  summary: 'Single steps as Jobs on a Kubernetes cluster',
  config: kubernetesConfig,
  settings: kubernetesSettings,
  capabilities: { reach: 'network' },
  stackRules: podRules('step-operator'),
  planRules: [carriedCode],
  implementation: async () => (await import('./kubernetes-step-operator.ts')).KubernetesStepOperator,
});
