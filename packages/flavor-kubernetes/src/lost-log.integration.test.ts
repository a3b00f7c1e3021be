import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterProject } from './testing/cluster-project.ts';
import { clusterTests, isClusterThere, realContext } from './testing/real-cluster.ts';
import { createToken, writeKubeconfig } from './testing/restricted-user.ts';

const notice = expect.stringMatching(/^mlstack: nobody ended this log/);

describe.skipIf(!isClusterThere)(`the log of a pod that is killed ${clusterTests}`, () => {
  const project = new ClusterProject();
  beforeAll(() => project.create());
  afterAll(() => project.remove());

  test('a step whose memory ends all that is in its pod keeps what it said', async () => {
    const { outcome } = await project.behave({
      params: { how: 'fill-memory', text: 'filling' },
      settings: { resources: { memory: '320Mi' } },
    });
    expect(outcome.error).toMatchObject({ code: 'STEP_OUT_OF_MEMORY' });
    expect(await project.readLog(outcome.id)).toContain('filling');
  });

  // In a namespace of its own the program that watches over the step would be the first process, which nothing in it can kill.
  const podTemplate = { spec: { shareProcessNamespace: true } };

  test('has what its step printed last, read from the pod with no other rights than those of the role', async () => {
    const { api, name } = project.namespace;
    const token = await createToken(api, name, 'mlstack-driver');
    await project.configure({ kubeconfig: writeKubeconfig(api, { user: { token } }), context: realContext as string });
    process.env.BEHAVE_TOKEN = 'very-secret-token';
    const { outcome } = await project.behave({
      params: { how: 'end-all', text: 'last words\nwith very-secret-token in them' },
      settings: { env: ['BEHAVE_TOKEN'] },
      vendor: { podTemplate },
    });
    expect(outcome.error).toMatchObject({ code: 'STEP_KILLED' });
    expect(await project.readLog(outcome.id)).toEqual([notice, 'last words', 'with *** in them']);
    expect(await project.namespace.listLeft(outcome.id)).toEqual([]);
  });
});
