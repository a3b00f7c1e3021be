import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { shareConnections } from './share-connections.ts';

test('requests one after the other share connections', async () => {
  let connections = 0;
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'application/json').end('{"items":[]}'),
  );
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [
      { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    ],
    users: [{ name: 'u' }],
    contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
    currentContext: 'c',
  });
  shareConnections(kubeConfig);
  const api = kubeConfig.makeApiClient(CoreV1Api);
  for (let count = 0; count < 10; count++) await api.listNamespacedPod({ namespace: 'n' });
  expect(connections).toBeLessThan(3);
});

test('a program that never gives credentials is given up, and started again by the next request', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let starts = 0;
  class Waiting {
    createDispatcher() {}
    async applyOptions(_options: object): Promise<void> {
      starts++;
      await new Promise(() => {});
    }
  }
  const kubeConfig = new Waiting();
  shareConnections(kubeConfig as unknown as KubeConfig);
  for (const attempt of [1, 2]) {
    const waiting = [kubeConfig.applyOptions({}), kubeConfig.applyOptions({})];
    const failing = Promise.allSettled(waiting);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(await failing).toMatchObject([{ reason: { name: 'TimeoutError' } }, { reason: { name: 'TimeoutError' } }]);
    expect(starts).toBe(attempt);
  }
});
