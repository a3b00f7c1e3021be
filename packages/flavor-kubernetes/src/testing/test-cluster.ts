import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesCluster } from '../kubernetes-cluster.ts';
import { kubernetesConfig } from '../kubernetes-config.ts';
import { realContext } from './real-cluster.ts';

/** What a component of its own does on the cluster of the tests. */
export function createTestCluster(
  config: Readonly<Record<string, unknown>>,
  {
    name = 'k8s',
    type = 'orchestrator',
  }: { readonly name?: string; readonly type?: 'orchestrator' | 'step-operator' } = {},
): KubernetesCluster {
  return new KubernetesCluster({
    id: randomUUID(),
    name,
    type,
    flavor: 'kubernetes',
    config: kubernetesConfig.parse({ context: realContext, ...config }),
    context: { stateDirectory: join(tmpdir(), `mlstack-${randomUUID()}`) },
  });
}
