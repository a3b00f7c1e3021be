import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore, Finding } from '@mlstack/core/flavor';
import { openStack } from '@mlstack/core/project';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { KubernetesApi } from './kubernetes-api.ts';
import { ClusterProject } from './testing/cluster-project.ts';
import { isClusterThere } from './testing/real-cluster.ts';
import { createPowerlessToken, createToken, writeKubeconfig } from './testing/restricted-user.ts';
import { createTestCluster } from './testing/test-cluster.ts';

type Config = Readonly<Record<string, unknown>>;

describe.skipIf(!isClusterThere)('doctor on a cluster (MLSTACK_TEST_KUBE_CONTEXT)', () => {
  const project = new ClusterProject();
  let api: KubernetesApi;
  let namespace: string;
  let store: ArtifactStore;

  beforeAll(async () => {
    await project.create();
    ({ api, name: namespace } = project.namespace);
    store = await (await openStack(project.open())).component('artifact-store');
  });
  afterAll(async () => {
    await store?.close();
    await project.remove();
  });

  async function diagnose(config: Config = {}, signal = new AbortController().signal): Promise<Finding[]> {
    const cluster = createTestCluster({ namespace, ...config });
    return await cluster.diagnose({ artifactStore: async () => store, signal });
  }

  const problemsOf = (findings: readonly Finding[]) => findings.filter(({ level }) => level !== 'ok');

  /** The only thing that is wrong, which has a fix. */
  async function theProblem(config: Config): Promise<Finding> {
    const problems = problemsOf(await diagnose(config));
    expect(problems).toMatchObject([{ level: 'problem', fix: expect.stringMatching(/\w/) }]);
    return problems[0] as Finding;
  }

  async function leftovers(): Promise<string[]> {
    const jobs = await api.batch.listNamespacedJob({ namespace });
    const secrets = await api.core.listNamespacedSecret({ namespace });
    const names = [...jobs.items, ...secrets.items].map(({ metadata }) => metadata?.name ?? '');
    for await (const { key } of store.list('mlstack-doctor')) names.push(key);
    return names;
  }

  test('all is well, by a pod that reads from the store, and nothing is left behind', async () => {
    const findings = await diagnose();
    expect(problemsOf(findings)).toEqual([]);
    expect(findings.map(({ subject }) => subject)).toEqual(['reachability', 'permissions', 'image', 'artifact store']);
    expect(findings[0]?.message).toMatch(/Kubernetes v1\.\d+/);
    await expect.poll(leftovers, { timeout: 20_000 }).toEqual([]);
  });

  test('it needs no more than the role that up makes', async () => {
    const token = await createToken(api, namespace, 'mlstack-driver');
    const kubeconfig = writeKubeconfig(api, { user: { token } });
    expect(problemsOf(await diagnose({ kubeconfig }))).toEqual([]);
  });

  test('no context of its own: it works, and is told what it follows', async () => {
    const token = await createToken(api, namespace, 'mlstack-driver');
    const kubeconfig = writeKubeconfig(api, { user: { token } });
    expect(problemsOf(await diagnose({ kubeconfig, context: undefined }))).toMatchObject([
      { level: 'warning', subject: 'context', fix: expect.stringContaining('--context=') },
    ]);
  });

  test('a context that the kubeconfig does not have', async () => {
    const { subject, message } = await theProblem({ context: 'production' });
    expect(subject).toBe('context');
    expect(message).toMatch(/no context "production"; it has /);
  });

  test('a kubeconfig that is not there, or broken, without telling what is in it', async () => {
    expect(await theProblem({ kubeconfig: '/nowhere/config' })).toMatchObject({
      subject: 'context',
      message: expect.stringContaining('/nowhere/config'),
    });
    const folder = mkdtempSync(join(tmpdir(), 'mlstack-kubeconfig-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'config');
    for (const text of [
      'users:\n- name: a\n  user: {token: "very-secret-token}\n',
      'users: [{name: a, user: {token: very-secret-token}\n  x: y: z\n',
      'very-secret-token',
      '',
    ]) {
      writeFileSync(file, text);
      const { subject, message, fix } = await theProblem({ kubeconfig: file });
      expect(subject).toBe('context');
      expect(message + fix).not.toMatch(/very|\n/);
    }
  });

  test('a server that is not reachable, and one that never answers', async () => {
    const { server: closed, port: closedPort } = await listen();
    await new Promise((resolve) => closed.close(resolve));
    const refused = writeKubeconfig(api, { server: `https://127.0.0.1:${closedPort}`, user: {} });
    expect(await theProblem({ kubeconfig: refused })).toMatchObject({
      subject: 'reachability',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ cannot be reached.*ECONNREFUSED/),
    });
    const unknown = writeKubeconfig(api, { server: 'https://no-such-host.invalid', user: {} });
    expect(await theProblem({ kubeconfig: unknown })).toMatchObject({ subject: 'reachability' });
    const { port } = await listen();
    const mute = writeKubeconfig(api, { server: `https://127.0.0.1:${port}`, user: {} });
    expect(await theProblem({ kubeconfig: mute, apiTimeoutMs: 1500 })).toMatchObject({
      subject: 'reachability',
      message: expect.stringContaining('gives no answer'),
    });
  });

  test('a server whose certificate is of another authority', async () => {
    const kubeconfig = writeKubeconfig(api, { certificateAuthority: makeCertificate(30).certificate, user: {} });
    expect(await theProblem({ kubeconfig })).toMatchObject({ subject: 'certificate' });
  });

  test('credentials that have expired: a certificate, a token', async () => {
    const { certificate, key } = makeCertificate(-1);
    const user = { 'client-certificate-data': certificate, 'client-key-data': key };
    const withCertificate = await theProblem({ kubeconfig: writeKubeconfig(api, { user }) });
    expect(withCertificate).toMatchObject({
      subject: 'credentials',
      message: expect.stringMatching(/does not accept user "restricted".*its client certificate expired at \d{4}-/),
    });
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url');
    const token = `eyJhbGciOiJSUzI1NiJ9.${claims}.c2lnbmF0dXJl`;
    const withToken = await theProblem({ kubeconfig: writeKubeconfig(api, { user: { token } }) });
    expect(withToken).toMatchObject({
      subject: 'credentials',
      message: expect.stringContaining('its token expired at 2023-11-14'),
    });
    expect(JSON.stringify(withToken)).not.toContain(token);
  });

  test('a program for credentials that is not installed, and one that fails', async () => {
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'no-such-login-program',
      interactiveMode: 'Never',
    };
    const kubeconfig = writeKubeconfig(api, { user: { exec } });
    expect(await theProblem({ kubeconfig })).toMatchObject({
      subject: 'credentials',
      message: expect.stringContaining('no-such-login-program'),
    });
    const failing = { ...exec, command: 'sh', args: ['-c', 'echo please log in >&2; exit 1'] };
    expect(await theProblem({ kubeconfig: writeKubeconfig(api, { user: { exec: failing } }) })).toMatchObject({
      subject: 'credentials',
      message: expect.stringContaining('please log in'),
    });
  });

  test('a user without the rights', async () => {
    const kubeconfig = writeKubeconfig(api, { user: { token: await createPowerlessToken(api, namespace) } });
    const { subject, message, fix } = await theProblem({ kubeconfig });
    expect(subject).toBe('permissions');
    expect(message).toMatch(/create\/.* jobs.*create\/update\/patch secrets/);
    expect(fix).toContain('mlstack-driver');
  });

  test('a namespace that is not there', async () => {
    expect(await theProblem({ namespace: `mlstack-test-${randomUUID().slice(0, 8)}` })).toMatchObject({
      subject: 'namespace',
      fix: expect.stringContaining('mlstack stack up'),
    });
  });

  test('an image that cannot be pulled, and one without Node in it', async () => {
    const gone = await theProblem({ image: '127.0.0.1:1/nothing:1' });
    expect(gone).toMatchObject({ subject: 'image', message: expect.stringContaining('127.0.0.1:1/nothing:1') });
    const podTemplate = { spec: { containers: [{ name: 'step', command: ['no-such-program'] }] } };
    expect(await theProblem({ podTemplate })).toMatchObject({ subject: 'image' });
  });

  test('a pod that no node takes, within the time that is given', async () => {
    const { subject, message } = await theProblem({ nodeSelector: { pool: 'none-such' }, startTimeoutMs: 3000 });
    expect(subject).toBe('pods');
    expect(message).toMatch(/within 3 s: no node takes it: .*node/);
  });

  test('a service account that is not there', async () => {
    const { subject, message } = await theProblem({ serviceAccount: 'none-such' });
    expect(subject).toBe('pods');
    expect(message).toContain('none-such');
  });

  test('a namespace that takes none but restricted pods, which the template of the docs makes them', async () => {
    const page = readFileSync(new URL('../../../docs/kubernetes.md', import.meta.url), 'utf8');
    const podTemplate = JSON.parse(/```json\n(.*?)```/s.exec(page)?.[1] ?? '');
    const strict = `mlstack-test-${randomUUID().slice(0, 13)}`;
    const metadata = { name: strict, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
    await api.core.createNamespace({ body: { metadata } });
    onTestFinished(() => void api.core.deleteNamespace({ name: strict }));
    expect(await theProblem({ namespace: strict })).toMatchObject({
      subject: 'pods',
      message: expect.stringContaining('PodSecurity'),
      fix: expect.stringContaining('--podTemplate'),
    });
    expect(problemsOf(await diagnose({ namespace: strict, podTemplate }))).toEqual([]);
  });

  test('a store that this machine reaches and pods do not', async () => {
    const { port } = await listen();
    const loopback: ArtifactStore = Object.create(store, {
      presign: { value: async () => `http://127.0.0.1:${port}/object?X-Amz-Signature=very-secret` },
      name: { value: 'here' },
      write: { value: store.write.bind(store) },
      delete: { value: store.delete.bind(store) },
    });
    const cluster = createTestCluster({ namespace });
    const { signal } = new AbortController();
    const findings = await cluster.diagnose({ artifactStore: async () => loopback, signal });
    expect(problemsOf(findings)).toMatchObject([
      {
        level: 'problem',
        subject: 'artifact store',
        message: expect.stringMatching(/cannot reach artifact store here: .*ECONNREFUSED/),
      },
    ]);
    expect(JSON.stringify(findings)).not.toContain('very-secret');
  });

  test('a store that cannot be used is left to its own findings; the image is tried all the same', async () => {
    const cluster = createTestCluster({ namespace });
    const { signal } = new AbortController();
    const findings = await cluster.diagnose({ artifactStore: () => Promise.reject(new Error('no bucket')), signal });
    expect(findings.map(({ level, subject }) => `${level} ${subject}`)).toEqual([
      'ok reachability',
      'ok permissions',
      'ok image',
      'warning artifact store',
    ]);
  });

  test('a store that gives no URLs is not written to', async () => {
    const local: ArtifactStore = Object.create(store, {
      presign: { value: () => Promise.reject(new TypeError('no URLs')) },
    });
    const { signal } = new AbortController();
    const findings = await createTestCluster({ namespace }).diagnose({ artifactStore: async () => local, signal });
    expect(problemsOf(findings)).toMatchObject([{ level: 'warning', message: expect.stringContaining('no URLs') }]);
    await expect.poll(leftovers, { timeout: 20_000 }).toEqual([]);
  });

  test('one that is interrupted leaves nothing behind', async () => {
    const stop = new AbortController();
    const findings = diagnose({ nodeSelector: { pool: 'none-such' } }, stop.signal);
    await expect
      .poll(async () => (await api.batch.listNamespacedJob({ namespace })).items.length, { timeout: 20_000 })
      .toBeGreaterThan(0);
    stop.abort();
    await findings.catch(() => undefined);
    await expect.poll(leftovers, { timeout: 20_000 }).toEqual([]);
  });
});

/** A server of this machine that takes connections and says nothing. */
async function listen(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** Base64 of PEM, as a kubeconfig has it. */
function makeCertificate(days: number): { readonly certificate: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-certificate-'));
  try {
    const [key, request, certificate] = ['key', 'request', 'certificate'].map((name) => join(folder, name));
    const openssl = (...args: (string | undefined)[]) =>
      execFileSync('openssl', args as string[], { stdio: ['ignore', 'ignore', 'ignore'] });
    const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    openssl('req', ...algorithm, '-subj', '/CN=somebody', '-keyout', key, '-out', request);
    openssl('x509', '-req', '-in', request, '-signkey', key, '-days', String(days), '-out', certificate);
    return { certificate: readFileSync(certificate as string, 'base64'), key: readFileSync(key as string, 'base64') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
