import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BatchV1Api, CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { explainClusterError } from './cluster-errors.ts';
import type { RunWatchHandlers } from './run-watch.ts';
import { RunWatch } from './run-watch.ts';

afterEach(() => vi.restoreAllMocks());

const empty = '{"metadata":{"resourceVersion":"1"},"items":[]}';

/** An API server that lists nothing. What it does otherwise can be changed. */
async function startServer() {
  const behaviour = {
    /** Answered to all that ask for these, in place of what is right. */
    refuses: {} as { jobs?: number; pods?: number },
    endsWatchesAtOnce: false,
    /** Lists wait for it. */
    listing: Promise.resolve(),
  };
  const open = new Set<() => void>();
  const begun = { jobs: 0, pods: 0 };
  const server = createServer((request, response) => {
    const what = request.url?.includes('/jobs') === true ? 'jobs' : 'pods';
    const status = behaviour.refuses[what];
    if (status !== undefined) {
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    } else if (request.url?.includes('watch=true')) {
      begun[what]++;
      response.writeHead(200).flushHeaders();
      const end = () => response.end();
      open.add(end);
      response.on('close', () => open.delete(end));
      if (behaviour.endsWatchesAtOnce) end();
    } else {
      void behaviour.listing.then(() => response.setHeader('content-type', 'application/json').end(empty));
    }
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
  const refuse = (status: number) => {
    behaviour.refuses = { jobs: status, pods: status };
    for (const end of open) end();
  };
  const watch = (handlers: Partial<RunWatchHandlers> = {}) => {
    const ignore = { pod: () => {}, job: () => {}, unreachable: () => {}, reachable: () => {} };
    const scope = { runId: 'r', componentId: 'c' };
    const watch = new RunWatch({ api, namespace: 'n', scope, handlers: { ...ignore, ...handlers } });
    onTestFinished(() => watch.close());
    return watch;
  };
  return { api, behaviour, open, begun, refuse, watch };
}

const soon = { timeout: 20_000 };

test('time in which the machine slept is no time without an answer', async () => {
  const { open, refuse, watch } = await startServer();
  const told = Promise.withResolvers<void>();
  let asleepMs = 0;
  const longest = { ms: 0 };
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + asleepMs);
  let tries = 0;
  const watching = watch({
    unreachable: (_error, sinceMs) => {
      longest.ms = Math.max(longest.ms, sinceMs);
      asleepMs += 3_600_000;
      if (++tries === 3) told.resolve();
    },
  });
  await watching.start();
  await vi.waitFor(() => expect(open.size).toBe(2), soon);
  refuse(503);
  await told.promise;
  expect(longest.ms).toBeLessThan(600_000);
}, 60_000);

test('a watch that cannot begin as a whole leaves nothing open', async () => {
  const { behaviour, open, begun, watch } = await startServer();
  behaviour.refuses = { pods: 403 };
  for (let tries = 0; tries < 3; tries++) await expect(watch().start()).rejects.toThrow();
  await vi.waitFor(() => expect(open.size).toBe(0), soon);
  expect(begun.pods).toBe(0);
});

test('a watch that is closed while it begins does not begin', async () => {
  const { behaviour, open, begun, watch } = await startServer();
  const listed = Promise.withResolvers<void>();
  behaviour.listing = listed.promise;
  const watching = watch();
  const starting = watching.start().catch(() => {});
  await watching.close();
  listed.resolve();
  await starting;
  await vi.waitFor(() => expect(open.size).toBe(0), soon);
  expect(begun).toEqual({ jobs: 0, pods: 0 });
});

test('a watch that is ended again and again is begun again without long pauses', async () => {
  const { behaviour, begun, watch } = await startServer();
  behaviour.endsWatchesAtOnce = true;
  await watch().start();
  await vi.waitFor(() => expect(begun.pods).toBeGreaterThan(7), soon);
});

test('credentials that are no longer accepted are told as that, and the end of the trouble is told', async () => {
  const { api, behaviour, open, refuse, watch } = await startServer();
  const errors: unknown[] = [];
  let reached = 0;
  const watching = watch({ unreachable: (error) => errors.push(error), reachable: () => reached++ });
  await watching.start();
  await vi.waitFor(() => expect(open.size).toBe(2), soon);
  expect(reached).toBe(0);
  refuse(401);
  await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), soon);
  expect(explainClusterError(api, errors[0])).toMatchObject({ subject: 'credentials' });
  refuse(403);
  errors.length = 0;
  await vi.waitFor(
    () => expect(errors.map((error) => explainClusterError(api, error).subject)).toContain('permissions'),
    soon,
  );
  expect(reached).toBe(0);
  behaviour.refuses = {};
  await vi.waitFor(() => expect(reached).toBeGreaterThan(0), soon);
}, 60_000);
