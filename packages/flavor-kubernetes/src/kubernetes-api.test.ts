import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ArtifactStoreError } from '@mlstack/core/flavor';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { createKubernetesApi, insist } from './kubernetes-api.ts';
import { kubernetesConfig } from './kubernetes-config.ts';

afterEach(() => vi.unstubAllEnvs());

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mlstack-kubeconfig-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const open = (config: object = {}) => createKubernetesApi(kubernetesConfig.parse(config));

test('what a kubeconfig holds is never told, wherever it is broken', () => {
  const kubeconfig = join(temporaryFolder(), 'config');
  for (const text of [
    'users:\n- name: a\n  user: {token: "very-secret-token}\n',
    'users: [{name: a, user: {token: very-secret-token}\n  x: y: z\n',
    'users:\n- {name: a, user: {token: *very-secret-token}}\n',
  ]) {
    writeFileSync(kubeconfig, text);
    expect(() => open({ kubeconfig })).toThrow(/^The kubeconfig cannot be read: (?!.*(very|secret|token)).*\.$/);
  }
});

test('where there is no kubeconfig nothing is made up', () => {
  vi.stubEnv('KUBECONFIG', '');
  vi.stubEnv('HOME', temporaryFolder());
  expect(() => open()).toThrow(/There is no kubeconfig/);
});

test('of several kubeconfigs the first decides the context, as kubectl has it', () => {
  const folder = temporaryFolder();
  const files = ['one', 'two'].map((name) => {
    const file = join(folder, name);
    const parts = {
      clusters: [{ name, cluster: { server: `https://${name}.example.org` } }],
      users: [{ name, user: {} }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      'current-context': name,
    };
    const shared = { name: 'shared', cluster: { server: `https://shared-by-${name}.example.org` } };
    const context = { name: 'shared', context: { cluster: 'shared', user: name } };
    const more = { clusters: [...parts.clusters, shared], contexts: [...parts.contexts, context] };
    writeFileSync(file, JSON.stringify({ ...parts, ...more }));
    return file;
  });
  vi.stubEnv('KUBECONFIG', [join(folder, 'missing'), ...files].join(delimiter));
  expect(open().kubeConfig.getCurrentCluster()?.server).toBe('https://one.example.org');
  expect(open({ context: 'two' }).kubeConfig.getCurrentCluster()?.server).toBe('https://two.example.org');
  const shared = open({ context: 'shared' }).kubeConfig;
  expect(shared.getCurrentCluster()?.server).toBe('https://shared-by-one.example.org');
  expect(shared.getCurrentUser()?.name).toBe('one');
  expect(() => open({ context: 'three' })).toThrow(/no context "three"; it has one, shared, two/);
});

test('time in which the machine slept takes no patience away', async () => {
  let asleepMs = 0;
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + asleepMs);
  onTestFinished(() => void vi.restoreAllMocks());
  const wake = async () => {
    asleepMs += 3_600_000;
    if (asleepMs < 3 * 3_600_000) throw new Error('no network');
    return 'done';
  };
  expect(await insist(wake, { timeoutMs: 600_000 })).toBe('done');
  const fail = async () => Promise.reject(new Error('no network'));
  await expect(insist(fail, { timeoutMs: 500 })).rejects.toThrow('no network');
});

test('what has nothing to do with the API server is not tried again', async () => {
  let tries = 0;
  const fail = async () => {
    tries++;
    throw new ArtifactStoreError('bucket', 'write code.pack');
  };
  await expect(insist(fail, { timeoutMs: 60_000 })).rejects.toThrow('could not write code.pack');
  expect(tries).toBe(1);
});
