import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { expect, onTestFinished, test } from 'vitest';
import { createApi } from './create-api.ts';
import { shareConnections } from './share-connections.ts';

/** A cluster whose credentials a program gives, after a moment. It counts its starts in a file. */
async function startCluster({
  pluginMs,
  isSilent = false,
}: {
  readonly pluginMs: number;
  readonly isSilent?: boolean;
}) {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-plugin-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [program, starts] = [join(folder, 'program.cjs'), join(folder, 'starts')];
  writeFileSync(starts, '');
  writeFileSync(
    program,
    `require('node:fs').appendFileSync(${JSON.stringify(starts)}, 'x');
    const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString();
    const status = { token: 'from-the-program', expirationTimestamp };
    setTimeout(() => console.log(JSON.stringify({ kind: 'ExecCredential', status })), ${pluginMs});`,
  );
  const tokens = new Set<string | undefined>();
  const server = createServer((request, response) => {
    tokens.add(request.headers.authorization);
    if (!isSilent) response.setHeader('content-type', 'application/json').end('{"items":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const kubeConfig = new KubeConfig();
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [program] };
  kubeConfig.loadFromOptions({
    clusters: [
      { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    ],
    users: [{ name: 'u', exec }],
    contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
    currentContext: 'c',
  });
  shareConnections(kubeConfig);
  return { kubeConfig, tokens, starts: () => readFileSync(starts, 'utf8').length };
}

test('a program that gives credentials is started once, however many requests wait for them', async () => {
  const { kubeConfig, tokens, starts } = await startCluster({ pluginMs: 200 });
  const api = createApi(kubeConfig, CoreV1Api, () => AbortSignal.timeout(20_000));
  await Promise.all(Array.from({ length: 20 }, () => api.listNamespacedPod({ namespace: 'n' })));
  expect(starts()).toBe(1);
  expect([...tokens]).toEqual(['Bearer from-the-program']);
});

test('while such a program asks its user, no request is late', async () => {
  const { kubeConfig, starts } = await startCluster({ pluginMs: 6000 });
  const api = createApi(kubeConfig, CoreV1Api, () => AbortSignal.timeout(5000));
  await api.listNamespacedPod({ namespace: 'n' });
  expect(starts()).toBe(1);
});

test('a server that does not answer is given up in time', async () => {
  const { kubeConfig } = await startCluster({ pluginMs: 0, isSilent: true });
  const api = createApi(kubeConfig, CoreV1Api, () => AbortSignal.timeout(300));
  await expect(api.listNamespacedPod({ namespace: 'n' })).rejects.toMatchObject({ name: 'TimeoutError' });
});
