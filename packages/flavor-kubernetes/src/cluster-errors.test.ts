import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createClusterApi } from './cluster-api.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { namespaceStatus, provisionNamespace } from './provision-namespace.ts';

/** Takes connections and never answers. */
async function startSilentServer(): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => {}).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function configOf(cluster: object) {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const kubeconfig = join(folder, 'config');
  const named = { clusters: [{ name: 'c', cluster }], users: [{ name: 'u', user: { token: 'x' } }] };
  const contexts = [{ name: 'c', context: { cluster: 'c', user: 'u' } }];
  writeFileSync(kubeconfig, JSON.stringify({ ...named, contexts, 'current-context': 'c' }));
  return kubernetesConfig.parse({ kubeconfig, context: 'c', apiTimeoutMs: 1000 });
}

test('an API server that never answers is given up, and told as that, whatever it was asked', async () => {
  const config = configOf({ server: await startSilentServer(), 'insecure-skip-tls-verify': true });
  expect(await namespaceStatus(config)).toEqual({
    state: 'failed',
    message: expect.stringMatching(/^Could not look at namespace mlstack: the API server \S+ gives no answer\.$/),
  });
  const provisioning = provisionNamespace(createClusterApi(config), { id: '1', label: 'orchestrator kube' });
  await expect(provisioning).rejects.toThrow(/the API server \S+ gives no answer/);
});

test('an address without TLS that the kubeconfig does not allow is told before anything is asked', async () => {
  const config = configOf({ server: await startSilentServer() });
  expect(() => createClusterApi(config)).toThrow(/without TLS/);
  expect(await namespaceStatus(config)).toMatchObject({ state: 'failed', message: expect.stringContaining('TLS') });
});
