import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

test('a component without a context of its own does not follow kubectl away from where it began', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-context-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kubeconfig = join(folder, 'config');
  const useContext = (current: string) => {
    const names = ['one', 'two'];
    const parts = {
      clusters: names.map((name) => ({ name, cluster: { server: `https://${name}.example.org` } })),
      users: names.map((name) => ({ name, user: {} })),
      contexts: names.map((name) => ({ name, context: { cluster: name, user: name } })),
      'current-context': current,
    };
    writeFileSync(kubeconfig, JSON.stringify(parts));
  };
  const open = (config: object = {}) =>
    new KubernetesCluster({
      id: 'one',
      name: 'k8s',
      type: 'orchestrator',
      flavor: 'kubernetes',
      config: kubernetesConfig.parse({ kubeconfig, ...config }),
      context: { stateDirectory: join(folder, 'state') },
    });
  useContext('one');
  open().stay();
  open().stay();
  useContext('two');
  expect(() => open().stay()).toThrow('has worked on context "one", and the current one of the kubeconfig is "two"');
  open({ context: 'two' }).stay();
  open().stay();
  useContext('one');
  expect(() => open().stay()).toThrow('"two"');
});
