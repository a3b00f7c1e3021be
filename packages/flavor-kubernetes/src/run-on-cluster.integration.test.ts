import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterProject } from './testing/cluster-project.ts';
import { isClusterThere } from './testing/real-cluster.ts';

describe.skipIf(!isClusterThere)('a pipeline on a real cluster', () => {
  const project = new ClusterProject();
  beforeAll(() => project.create());
  afterAll(() => project.remove());

  test('each step runs in a pod, and what it made and said comes back', async () => {
    const { outcome, events } = await project.run('chain');
    expect(outcome, JSON.stringify(events, null, 1)).toMatchObject({ state: 'completed', counts: { succeeded: 2 } });
    const ended = events.filter((event) => event.kind === 'node-ended' && event.nodeId === 'total');
    expect(ended).toMatchObject([{ state: 'succeeded', previews: { output: expect.stringContaining('4950') } }]);
    expect(await project.readLog(outcome.runId)).toEqual([expect.stringMatching(/^loading on mlstack-/)]);
  });
});
