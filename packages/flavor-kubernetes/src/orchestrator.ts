import { defineFlavor } from '@mlstack/core/flavor';
import { carriedCode } from './carried-code.ts';
import { kubernetesConfig, kubernetesSettings } from './kubernetes-config.ts';
import { podRules } from './stack-rules.ts';

export const kubernetesOrchestrator = defineFlavor({
  type: 'orchestrator',
  name: 'kubernetes',
  contractVersion: 1,
  summary: 'Each step a Job on a Kubernetes cluster',
  config: kubernetesConfig,
  settings: kubernetesSettings,
  capabilities: { reach: 'network' },
  stackRules: podRules('orchestrator'),
  planRules: [carriedCode],
  implementation: async () => (await import('./kubernetes-orchestrator.ts')).KubernetesOrchestrator,
});
