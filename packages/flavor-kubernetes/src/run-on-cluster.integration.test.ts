import { randomBytes, randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterProject } from './testing/cluster-project.ts';
import { clusterTests, isClusterThere } from './testing/real-cluster.ts';

describe.skipIf(!isClusterThere)(`a pipeline on a real cluster ${clusterTests}`, () => {
  const project = new ClusterProject();
  beforeAll(() => project.create());
  afterAll(() => project.remove());

  test('each step runs in a pod, what it made and said comes back, and nothing is left of it', async () => {
    const { outcome, events } = await project.run('chain');
    expect(outcome, JSON.stringify(events, null, 1)).toMatchObject({ state: 'completed', counts: { succeeded: 2 } });
    const ended = events.filter((event) => event.kind === 'node-ended' && event.nodeId === 'total');
    expect(ended).toMatchObject([{ state: 'succeeded', previews: { output: expect.stringContaining('4950') } }]);
    expect(await project.readLog(outcome.id)).toEqual([expect.stringMatching(/^loading on mlstack-/)]);
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });

  test('code that has not changed is not uploaded again, and its steps are taken from the cache', async () => {
    const before = await project.storedCode();
    expect(before).toHaveLength(3);
    expect((await project.run('chain')).outcome.counts).toMatchObject({ succeeded: 2 });
    expect(await project.storedCode()).toEqual(before);
    const cached = await project.run('chain', { configuration: { cache: true } });
    expect(cached.outcome.counts).toMatchObject({ cached: 2 });
  });

  test('code that is too large for a Secret is fetched from the artifact store', async () => {
    writeFileSync(join(project.directory, 'noise.bin'), randomBytes(2_000_000));
    const file = join(project.directory, 'large.ts');
    writeFileSync(
      file,
      `import { readFileSync } from 'node:fs';
       import { pipeline, step } from '@mlstack/core';
       const noise = new URL('./noise.bin', import.meta.url);
       const measure = step({ name: 'measure', run: () => console.log(readFileSync(noise).length) });
       export default pipeline('large', () => measure());`,
    );
    const { outcome } = await project.run(file);
    expect(outcome.state).toBe('completed');
    expect(await project.readLog(outcome.id)).toEqual(['2000000']);
  });

  test('a step operator runs one step on the cluster and leaves the rest on this machine', async () => {
    const { outcome } = await project.run('mixed', { stack: 'mixed' });
    expect(outcome.state).toBe('completed');
    const [line = ''] = await project.readLog(outcome.id);
    expect(JSON.parse(line)).toEqual({
      first: hostname(),
      second: expect.stringMatching(/^mlstack-/),
      third: hostname(),
    });
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });

  test('a finished Job makes room for the next, or goes with the run', async () => {
    await project.configure({ concurrency: 4 });
    const { api, name: namespace } = project.namespace;
    let most = 0;
    const counting = setInterval(async () => {
      const { items } = await api.batch.listNamespacedJob({ namespace, labelSelector: 'mlstack.dev/role=step' });
      most = Math.max(most, items.filter(({ metadata }) => metadata?.deletionTimestamp === undefined).length);
    }, 100);
    const { outcome } = await project.run('wide');
    clearInterval(counting);
    await project.configure({ concurrency: 100 });
    expect(outcome.counts).toMatchObject({ succeeded: 16 });
    // One may be seen beside the one that is made in its place; those that are being removed do not count, however long the server takes.
    expect(most).toBeLessThan(8);
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });

  test('a run is watched by a bounded number of requests, however many steps it has', async () => {
    const requests: string[] = [];
    const count = (message: unknown) => {
      const { method, path } = (message as { readonly request: { readonly method: string; readonly path: string } })
        .request;
      requests.push(`${method} ${path.split('?')[0]?.split('/').at(-1)}`);
    };
    subscribe('undici:request:create', count);
    const begun = Date.now();
    const { outcome } = await project.run('wide');
    const seconds = (Date.now() - begun) / 1000;
    unsubscribe('undici:request:create', count);
    expect(outcome.counts).toMatchObject({ succeeded: 16 });
    const watching = requests.filter((request) => /^GET (jobs|pods|events)$/.test(request)).length;
    expect(requests.filter((request) => request === 'POST jobs')).toHaveLength(17);
    // Two lists, two watches, which begin again when nothing has happened for half a minute, and a question about Jobs without pods.
    expect(watching).toBeLessThanOrEqual(4 + 2 * Math.ceil(seconds / 30) + seconds / 5);
    expect(watching).toBeLessThan(16);
  });

  test('no credential is anywhere but in a Secret that the run takes with it', async () => {
    const token = randomUUID();
    process.env.BEHAVE_TOKEN = token;
    const dumps: string[] = [];
    const { outcome } = await project.behave({
      params: { how: 'sleep', ms: 2000, text: 'working' },
      settings: { env: ['BEHAVE_TOKEN'] },
      onRunning: async ({ pod }) => {
        dumps.push(await project.namespace.dump(), await project.namespace.podLog(pod));
      },
    });
    expect(outcome.state).toBe('completed');
    const log = await project.readLog(outcome.id);
    expect(log).toEqual(['working', 'the token is ***']);
    dumps.push(await project.namespace.dump(), ...log, await project.dumpStore('runs/'));
    const [running = ''] = dumps;
    expect(running).toContain('"kind":"Secret"');
    expect(running).toContain('mlstack-launch');
    for (const dump of dumps) {
      for (const secret of [token, process.env.AWS_SECRET_ACCESS_KEY as string, 'X-Amz-Signature']) {
        expect(dump.includes(secret), `${secret} in ${dump.slice(0, 2000)}`).toBe(false);
      }
    }
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });
});
