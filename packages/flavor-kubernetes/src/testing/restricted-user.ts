import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { KubernetesApi } from '../kubernetes-api.ts';
import { realContext } from './real-cluster.ts';

/** Parts of a kubeconfig that a test changes. */
export interface KubeconfigParts {
  readonly server?: string;
  readonly certificateAuthority?: string;
  readonly user: Readonly<Record<string, unknown>>;
}

/** Writes a kubeconfig for the cluster of the tests with another user, or what else is said. @returns its path, gone when the test is over. */
export function writeKubeconfig(
  { kubeConfig }: KubernetesApi,
  { server, certificateAuthority, user }: KubeconfigParts,
): string {
  const cluster = kubeConfig.getCurrentCluster();
  const name = realContext ?? 'test';
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: server ?? cluster?.server,
          'certificate-authority-data': certificateAuthority ?? cluster?.caData,
        },
      },
    ],
    users: [{ name: 'restricted', user }],
    contexts: [{ name, context: { cluster: name, user: 'restricted' } }],
  };
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(document), { mode: 0o600 });
  return file;
}

/** A token of a service account, for an hour. */
export async function createToken({ core }: KubernetesApi, namespace: string, name: string): Promise<string> {
  const body = { spec: { audiences: [], expirationSeconds: 3600 } };
  const { status } = await core.createNamespacedServiceAccountToken({ name, namespace, body });
  return status?.token ?? '';
}

/** Of a service account that nobody gave any rights. */
export async function createPowerlessToken(api: KubernetesApi, namespace: string): Promise<string> {
  const name = `nobody-${randomUUID().slice(0, 8)}`;
  await api.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name } } });
  return await createToken(api, namespace, name);
}
