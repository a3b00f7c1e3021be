import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createKubernetesApi, explainApiError } from './kubernetes-api.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { labelsOf } from './object-names.ts';
import { RunWatch } from './run-watch.ts';
import { clusterTests, isClusterThere, realContext, TestNamespace } from './testing/real-cluster.ts';
import { createToken, writeKubeconfig } from './testing/restricted-user.ts';

describe.skipIf(!isClusterThere)(`the watch of a run ${clusterTests}`, () => {
  let namespace: TestNamespace;
  beforeAll(async () => {
    namespace = await new TestNamespace().create();
  });
  afterAll(() => namespace.remove());

  /** A kubeconfig whose credentials a program gives, for a moment each, and not while the file `broken` is beside it. */
  async function writeProgramKubeconfig(): Promise<{ readonly kubeconfig: string; readonly broken: string }> {
    const at = { namespace: namespace.name };
    const name = 'watcher';
    await namespace.api.core.createNamespacedServiceAccount({ ...at, body: { metadata: { name } } });
    const { RbacAuthorizationV1Api } = await import('@kubernetes/client-node');
    await namespace.api.kubeConfig.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({
      ...at,
      body: {
        metadata: { name },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
        subjects: [{ kind: 'ServiceAccount', name, namespace: namespace.name }],
      },
    });
    const token = await createToken(namespace.api, namespace.name, name);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, interactiveMode: 'Never' };
    const kubeconfig = writeKubeconfig(namespace.api, { user: { exec: { ...exec, args: ['PROGRAM'] } } });
    const [program, broken] = ['program.cjs', 'broken'].map((file) => join(dirname(kubeconfig), file)) as [
      string,
      string,
    ];
    const code = `
      if (require('node:fs').existsSync(${JSON.stringify(broken)})) { console.error('log in again'); process.exit(1); }
      const expirationTimestamp = new Date(Date.now() + 5000).toISOString();
      const status = { token: ${JSON.stringify(token)}, expirationTimestamp };
      console.log(JSON.stringify({ apiVersion: '${exec.apiVersion}', kind: 'ExecCredential', status }));`;
    writeFileSync(program, code);
    return { kubeconfig: writeKubeconfig(namespace.api, { user: { exec: { ...exec, args: [program] } } }), broken };
  }

  test('goes on once credentials that could not be renewed are there again', async () => {
    const { kubeconfig, broken } = await writeProgramKubeconfig();
    const scope = { runId: 'renewed', componentId: 'c' };
    const seen: string[] = [];
    const troubles: string[] = [];
    const watch = new RunWatch({
      api: createKubernetesApi(kubernetesConfig.parse({ context: realContext, kubeconfig })),
      namespace: namespace.name,
      scope,
      handlers: {
        pod: () => {},
        job: ({ metadata }) => seen.push(metadata?.name ?? ''),
        unreachable: (error) => troubles.push(explainApiError(error)),
        reachable: () => {},
      },
    });
    onTestFinished(() => watch.close());
    await watch.start();
    writeFileSync(broken, '');
    await vi.waitFor(() => expect(troubles).toContainEqual(expect.stringContaining('log in again')), 90_000);
    rmSync(broken);
    const container = { name: 'none', image: 'none' };
    await namespace.api.batch.createNamespacedJob({
      namespace: namespace.name,
      body: {
        metadata: { name: 'late', labels: labelsOf(scope, 'step') },
        spec: { parallelism: 0, template: { spec: { restartPolicy: 'Never', containers: [container] } } },
      },
    });
    await vi.waitFor(() => expect(seen).toContain('late'), 60_000);
  }, 200_000);
});
