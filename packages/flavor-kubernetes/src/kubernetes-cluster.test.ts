import { homedir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { KubernetesCluster } from './kubernetes-cluster.ts';
import { kubernetesConfig } from './kubernetes-config.ts';

test.each([
  ['config', '/project/config'],
  ['./cluster/config', '/project/cluster/config'],
  ['/etc/kube/config', '/etc/kube/config'],
  ['~/.kube/other', join(homedir(), '.kube/other')],
  ['~other', '/project/~other'],
])('the kubeconfig %s is %s, wherever the command runs', (kubeconfig, expected) => {
  const cluster = new KubernetesCluster({
    id: 'one',
    name: 'k8s',
    type: 'orchestrator',
    flavor: 'kubernetes',
    config: kubernetesConfig.parse({ kubeconfig }),
    context: { projectDirectory: '/project', stateDirectory: '/project/.mlstack/one' },
  });
  expect(cluster.config.kubeconfig).toBe(expected);
});
