import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesApi } from '../packages/flavor-kubernetes/src/kubernetes-api.ts';
import { kubernetesConfig } from '../packages/flavor-kubernetes/src/kubernetes-config.ts';
import {
  isClusterThere,
  reachableEndpoint,
  realContext,
} from '../packages/flavor-kubernetes/src/testing/real-cluster.ts';
import { realEndpoint, TestBucket } from '../packages/flavor-s3/src/testing/test-bucket.ts';
import { blocksOf, projectFor, scriptOf, type } from './typed-page.ts';

const bucket = new TestBucket();
beforeAll(() => (realEndpoint === undefined ? undefined : bucket.create()));
afterAll(() => (realEndpoint === undefined ? undefined : bucket.remove()));

/** A page's script with the bucket and the server of the test in place of those that it speaks of. */
function onServer(script: string, endpoint = ''): string {
  return script
    .replace(/ --endpoint=\S+/g, '')
    .replace(/ --region=\S+/g, '')
    .replaceAll('--flavor=s3', `--flavor=s3 --endpoint=${endpoint} --region=us-east-1`)
    .replaceAll('s3://bucket/', `s3://${bucket.name}/`);
}

test.skipIf(realEndpoint === undefined)(
  'the commands of docs/s3.md work as they are written (MLSTACK_TEST_S3_ENDPOINT)',
  async () => {
    const blocks = blocksOf('docs/s3.md');
    const user = projectFor(blocks);
    user.write('model.onnx', 'weights');
    let stores = 0;
    const script = onServer(scriptOf(blocks), realEndpoint).replace(
      /artifact-store register prod/g,
      (text) => `${text}${stores++ || ''}`,
    );
    expect(stores).toBeGreaterThan(2);
    const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
    const shown = await type(user, `${script}mlstack artifact-store up prod2\n`, {
      S3_ID: AWS_ACCESS_KEY_ID,
      S3_SECRET: AWS_SECRET_ACCESS_KEY,
    });
    expect(shown).toMatch(/training-\d+-\d+ completed/);
    expect(await bucket.keys()).toContain('models/model.onnx');
  },
);

describe.skipIf(!isClusterThere)('on a cluster (MLSTACK_TEST_KUBE_CONTEXT, MLSTACK_TEST_S3_ENDPOINT)', () => {
  const namespace = `mlstack-test-${randomUUID().slice(0, 13)}`;
  afterAll(() =>
    createKubernetesApi(kubernetesConfig.parse({ context: realContext }))
      .core.deleteNamespace({ name: namespace })
      .catch(() => undefined),
  );

  test('the commands of docs/kubernetes.md work as they are written, and pods may be restricted', async () => {
    const blocks = blocksOf('docs/kubernetes.md');
    const user = projectFor(blocks);
    user.write('restricted.json', blocks.find(({ language }) => language === 'json')?.text ?? '');
    // The script of a test cluster brings a kubectl of its own.
    const server = process.env.MLSTACK_TEST_KUBE_SERVER;
    const kubectl = server === undefined ? `kubectl --context=${realContext} ` : `HOME=${homedir()} ${server} kubectl `;
    const script = onServer(scriptOf(blocks), reachableEndpoint)
      .replaceAll('my-cluster', realContext ?? '')
      .replaceAll('--namespace=ml', `--namespace=${namespace}`)
      .replace(/^kubectl /gm, kubectl);
    const shown = await type(user, script);
    expect(shown).toMatch(/training-\d+-\d+ completed/);
    user.succeed('run', 'pipeline.ts', '--no-cache');
    expect(user.ask('runs', 'describe').run).toMatchObject({ state: 'completed', stack: 'cluster' });
    user.succeed('stack', 'down', '--deprovision', '--yes');
  });
});
