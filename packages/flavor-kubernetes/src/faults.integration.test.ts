import { setTimeout as delay } from 'node:timers/promises';
import type { RunEvent } from '@mlstack/core/project';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterProject } from './testing/cluster-project.ts';
import { clusterTests, isClusterThere } from './testing/real-cluster.ts';
import { areServersOurs, killPart, startAllParts, startPart } from './testing/server-parts.ts';

/** Parts of the servers are ended under runs that are under way. */
describe.skipIf(!isClusterThere || !areServersOurs)(
  `faults of a cluster ${clusterTests}, MLSTACK_TEST_KUBE_SERVER, MLSTACK_TEST_S3_SERVER`,
  () => {
    const project = new ClusterProject();
    beforeAll(() => project.create({ lostNodeTimeoutMs: 1000 }));
    afterAll(async () => {
      await startAllParts();
      await project.remove();
    });

    const waitingReasons = (events: readonly RunEvent[]) =>
      events.flatMap((event) => (event.kind === 'node-waiting' ? [event.reason] : []));

    test('an API server that goes away and comes back is waited for, and the wait is told', async () => {
      const { outcome, events } = await project.behave({
        params: { how: 'sleep', ms: 3000 },
        onRunning: async () => {
          await killPart('apiserver');
          await delay(6000);
          await startPart('apiserver');
        },
      });
      expect(outcome.state).toBe('completed');
      expect(waitingReasons(events)).toContainEqual(expect.stringMatching(/the API server \S+ cannot be reached/));
    });

    test('an API server that stays away fails the run within the time that the component gives it', async () => {
      await project.configure({ apiTimeoutMs: 4000 });
      try {
        const { outcome } = await project.behave({
          params: { how: 'sleep', ms: 600_000 },
          onRunning: () => killPart('apiserver'),
        });
        expect(outcome).toMatchObject({
          state: 'failed',
          error: { code: 'STEP_LOST', message: expect.stringMatching(/the API server \S+ cannot be reached/) },
        });
      } finally {
        await startPart('apiserver');
        await project.configure({ apiTimeoutMs: 600_000 });
      }
    });

    test('an artifact store that goes away and comes back is waited for', async () => {
      const { outcome } = await project.behave({
        params: { how: 'sleep', ms: 2000, text: 'still there' },
        onRunning: async () => {
          await killPart('s3');
          await delay(8000);
          await startPart('s3');
        },
      });
      expect(outcome.state).toBe('completed');
      expect(await project.readLog(outcome.id)).toEqual(['still there']);
    });

    test('a step on a node that does not answer is lost, and is tried again once a node is there', async () => {
      const { outcome, events } = await project.behave({
        // Its program goes on without the kubelet: it must not end before the cluster notices that, which takes up to 20 s.
        params: { how: 'sleep', ms: 35_000 },
        settings: { retry: { attempts: 2, delayMs: 1 } },
        onRunning: () => killPart('kubelet'),
        onEvent: (event) => {
          if (event.kind === 'attempt-failed') void delay(3000).then(() => startPart('kubelet'));
        },
      });
      expect(events).toContainEqual(
        expect.objectContaining({
          kind: 'attempt-failed',
          cause: { kind: 'lost', reason: expect.stringMatching(/^node \S+ was lost/) },
        }),
      );
      expect(waitingReasons(events)).toContainEqual(expect.stringContaining('untolerated taint'));
      expect(outcome.state).toBe('completed');
      expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
    });
  },
);
