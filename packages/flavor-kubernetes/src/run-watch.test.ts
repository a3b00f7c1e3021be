import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { RunWatch } from './run-watch.ts';

afterEach(() => vi.restoreAllMocks());

/** An API server that lists nothing, and ends each watch that is open when it begins to fail. */
async function startServer() {
  const state = { isFailing: false };
  const watches = new Set<() => void>();
  const server = createServer((request, response) => {
    if (state.isFailing) response.writeHead(503).end('{}');
    else if (request.url?.includes('watch=true')) {
      response.writeHead(200).flushHeaders();
      watches.add(() => response.end());
    } else
      response.setHeader('content-type', 'application/json').end('{"metadata":{"resourceVersion":"1"},"items":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [
      { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    ],
    users: [{ name: 'u' }],
    contexts: [{ name: 'c', cluster: 'c', user: 'u' }],
    currentContext: 'c',
  });
  const api = { kubeConfig, batch: kubeConfig.makeApiClient(BatchV1Api), core: kubeConfig.makeApiClient(CoreV1Api) };
  const fail = () => {
    state.isFailing = true;
    for (const end of watches) end();
  };
  return { api, watches, fail };
}

test('time in which the machine slept is no time without an answer', async () => {
  const { api, watches, fail } = await startServer();
  const told = Promise.withResolvers<void>();
  let asleepMs = 0;
  const longest = { ms: 0 };
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + asleepMs);
  let tries = 0;
  const watch = new RunWatch({
    api,
    namespace: 'n',
    scope: { runId: 'r', componentId: 'c' },
    handlers: {
      pod: () => {},
      job: () => {},
      unreachable: (_reason, sinceMs) => {
        longest.ms = Math.max(longest.ms, sinceMs);
        asleepMs += 3_600_000;
        if (++tries === 3) told.resolve();
      },
    },
  });
  onTestFinished(() => watch.close());
  await watch.start();
  await vi.waitFor(() => expect(watches.size).toBe(2), 20_000);
  fail();
  await told.promise;
  expect(longest.ms).toBeLessThan(600_000);
}, 60_000);
