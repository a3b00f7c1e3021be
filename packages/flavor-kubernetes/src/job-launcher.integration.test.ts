import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { LaunchEvent, LauncherContext, StepRequest } from '@mlstack/core/flavor';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { JobLauncher } from './job-launcher.ts';
import { createKubernetesApi } from './kubernetes-api.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { clusterTests, isClusterThere, realContext, TestNamespace } from './testing/real-cluster.ts';
import { createPowerlessToken, writeKubeconfig } from './testing/restricted-user.ts';

describe.skipIf(!isClusterThere)(`a launcher of Jobs ${clusterTests}`, () => {
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await new TestNamespace().create();
  });
  afterAll(() => namespace.remove());

  /** Its Jobs' pods fit no node. */
  function createLauncher(runId: string, config: object = {}, notify = (_message: string) => {}): JobLauncher {
    const context = {
      runId,
      artifactStore: {
        presign: async () => 'https://store.invalid/code',
        remoteConfig: async () => undefined,
        write: async () => ({}),
      },
      publishCode: async () => [],
      secrets: { add: () => {} },
      notify,
    } as unknown as LauncherContext;
    const nodeSelector = { 'mlstack.dev/nowhere': 'x' };
    const full = kubernetesConfig.parse({ context: realContext, namespace: namespace.name, nodeSelector, ...config });
    const launcher = new JobLauncher(context, {
      api: createKubernetesApi(full),
      config: full,
      componentId: 'c',
      settingsKey: 'orchestrator/kubernetes',
    });
    onTestFinished(() => launcher.close());
    return launcher;
  }

  const requestOf = (runId: string, startTimeoutMs: number) => {
    const request = { runId, runName: runId, pipeline: 'p', nodeId: 'n', attempt: 1, role: 'step', leaseEpoch: 1 };
    return {
      ...request,
      code: { digest: 'd' },
      node: { id: 'n', step: 'n', settings: { startTimeoutMs } },
      outputPrefix: `m/runs/${runId}/n.1.`,
      components: { artifactStore: {} },
    } as unknown as StepRequest;
  };

  const endOf = async (launcher: JobLauncher): Promise<Extract<LaunchEvent, { kind: 'ended' }>> => {
    for await (const event of launcher.events()) if (event.kind === 'ended') return event;
    throw new Error('it was closed');
  };

  const restricted = async () => {
    const token = await createPowerlessToken(namespace.api, namespace.name);
    return { kubeconfig: writeKubeconfig(namespace.api, { user: { token } }) };
  };

  /** The API server as it is reached through a proxy. */
  const cuttable = async () => {
    const { user, server = '' } = {
      user: namespace.api.kubeConfig.getCurrentUser(),
      ...namespace.api.kubeConfig.getCurrentCluster(),
    };
    const proxy = await startProxy(new URL(server));
    const certificates = { 'client-certificate-data': user?.certData, 'client-key-data': user?.keyData };
    const kubeconfig = writeKubeconfig(namespace.api, { server: proxy.url, user: certificates });
    return { proxy, kubeconfig };
  };

  test('a limit that has passed only tells: the Job goes when it is released', async () => {
    const launcher = createLauncher('limited');
    const handle = await launcher.launch(requestOf('limited', 1000), { env: {} });
    expect((await endOf(launcher)).cause).toMatchObject({ kind: 'not-started' });
    await delay(2000);
    const name = String(handle.detail.job);
    const { metadata } = await namespace.api.batch.readNamespacedJob({ name, namespace: namespace.name });
    expect(metadata?.deletionTimestamp).toBeUndefined();
    launcher.release(handle);
    await launcher.close();
    expect(await namespace.listLeft('limited')).toEqual([]);
  });

  test('a driver that released nothing leaves what Jobs hang on to the next', async () => {
    const launcher = createLauncher('frozen');
    const handle = await launcher.launch(requestOf('frozen', 1000), { env: {} });
    await endOf(launcher);
    await launcher.close();
    const next = createLauncher('frozen');
    expect(await next.adopt('frozen')).toEqual([handle]);
    const at = { namespace: namespace.name };
    const { items } = await namespace.api.core.listNamespacedSecret(at);
    expect(items.map(({ metadata }) => metadata?.name)).toContainEqual(expect.stringMatching(/^mlstack-run-/));
    next.release(handle);
    await next.close();
    expect(await namespace.listLeft('frozen')).toEqual([]);
  });

  test('what the API server refuses is told in words, not as its answer', async () => {
    const launcher = createLauncher('refused', await restricted());
    await expect(launcher.adopt('refused')).rejects.toMatchObject({
      message: expect.stringMatching(
        /^Could not look for Jobs of the run in namespace \S+: (?!.*HTTP-Code).*forbidden/s,
      ),
      hint: expect.stringContaining('mlstack stack up'),
    });
    const stopped = { runId: 'refused', nodeId: 'n', attempt: 1, role: 'step', detail: { job: 'j' } } as const;
    await expect(launcher.stop(stopped, 0)).rejects.toThrow(/^Could not remove Job j: (?!.*HTTP-Code).*forbidden/s);
    await launcher.launch(requestOf('refused', 60_000), { env: {} });
    expect((await endOf(launcher)).cause).toMatchObject({
      kind: 'refused',
      reason: expect.stringMatching(/^(?!.*HTTP-Code).*forbidden.*mlstack-driver/s),
    });
  });

  test('an API server that stays away is told in words', async () => {
    const user = { token: 'x' };
    const kubeconfig = writeKubeconfig(namespace.api, { server: 'https://127.0.0.1:65533', user });
    const launcher = createLauncher('away', { kubeconfig, apiTimeoutMs: 1000 });
    await expect(launcher.adopt('away')).rejects.toThrow(
      /^Could not look for Jobs .* cannot be reached: .*ECONNREFUSED/,
    );
    await launcher.launch(requestOf('away', 60_000), { env: {} });
    expect((await endOf(launcher)).cause).toMatchObject({
      kind: 'lost',
      reason: expect.stringMatching(/cannot be reached: .*ECONNREFUSED/),
    });
  });

  test('a step that cannot be launched is stopped at once, and nothing is said to be left of it', async () => {
    const user = { token: 'x' };
    const kubeconfig = writeKubeconfig(namespace.api, { server: 'https://127.0.0.1:65533', user });
    const notices: string[] = [];
    const launcher = createLauncher('hopeless', { kubeconfig }, (message) => notices.push(message));
    const events = launcher.events()[Symbol.asyncIterator]();
    const launching = launcher.launch(requestOf('hopeless', 60_000), { env: {} });
    const told = (await events.next()).value as LaunchEvent;
    expect(told).toMatchObject({ kind: 'waiting', reason: expect.stringContaining('cannot be reached') });
    await launcher.stop(told.handle, 1000);
    const handle = await launching;
    expect((await events.next()).value).toEqual({ kind: 'ended', handle, cause: { kind: 'stopped' } });
    launcher.release(handle);
    await launcher.close();
    expect(notices).toEqual([]);
  });

  test('what cannot be removed when the run is over is named, with what removes it', async () => {
    const { proxy, kubeconfig } = await cuttable();
    const notices: string[] = [];
    const launcher = createLauncher('left', { kubeconfig }, (message) => notices.push(message));
    const handle = await launcher.launch(requestOf('left', 600_000), { env: {} });
    proxy.cut();
    const stopping = launcher.stop(handle, 0);
    launcher.release(handle);
    await launcher.close();
    await stopping;
    expect(notices).toEqual([
      expect.stringMatching(new RegExp(`${namespace.name}.*${handle.detail.job}.*mlstack kubernetes prune`)),
    ]);
  });

  test('an API server that goes away is waited for, and one that stays away ends what is watched', async () => {
    const { proxy, kubeconfig } = await cuttable();
    const launcher = createLauncher('cut', { kubeconfig, apiTimeoutMs: 8000 });
    const events: LaunchEvent[] = [];
    const reading = (async () => {
      for await (const event of launcher.events()) events.push(event);
    })();
    const isTold = (text: string) => vi.waitFor(() => expect(JSON.stringify(events)).toContain(text), 40_000);
    const handle = await launcher.launch(requestOf('cut', 600_000), { env: {} });
    await isTold('match');
    proxy.cut();
    await isTold('cannot be reached');
    proxy.mend();
    await delay(10_000);
    expect(events.filter(({ kind }) => kind === 'ended')).toEqual([]);
    proxy.cut();
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'ended', cause: { kind: 'lost' } }), 60_000);
    proxy.mend();
    launcher.release(handle);
    await launcher.close();
    await reading;
    expect(await namespace.listLeft('cut')).toEqual([]);
  }, 150_000);
});

/** Between the launcher and the API server; the connections through it can be cut. */
async function startProxy({ hostname, port }: URL) {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) {
      near.destroy();
      return;
    }
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  const mend = () => {
    isCut = false;
  };
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, cut, mend };
}
