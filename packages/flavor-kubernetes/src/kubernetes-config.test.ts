import { describe, expect, test } from 'vitest';
import { kubernetesConfig, kubernetesSettings } from './kubernetes-config.ts';

function problemsOf(config: unknown, schema = kubernetesConfig): string[] {
  return (schema.safeParse(config).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('nothing has to be said: the current context, a namespace of its own, a stock image', () => {
  expect(kubernetesConfig.parse({})).toEqual({
    namespace: 'mlstack',
    concurrency: 100,
    startTimeoutMs: 900_000,
    imageTimeoutMs: 90_000,
    apiTimeoutMs: 600_000,
    lostNodeTimeoutMs: 60_000,
  });
});

describe('what Kubernetes would refuse is refused at once:', () => {
  test.each([
    ['namespace', { namespace: 'My_Team' }],
    ['namespace', { namespace: 'a'.repeat(64) }],
    ['serviceAccount', { serviceAccount: 'Runner' }],
    ['image', { image: 'Node:24' }],
    ['image', { image: 'node:24 slim' }],
    ['image', { image: '' }],
    ['nodeSelector.pool name', { nodeSelector: { 'pool name': 'gpu' } }],
    ['nodeSelector.pool', { nodeSelector: { pool: 'a b' } }],
    ['tolerations.0.effect', { tolerations: [{ key: 'gpu', effect: 'NoSchedul' }] }],
    ['podEnv.1ST', { podEnv: { '1ST': 'x' } }],
    ['volumes.0.mountPath', { volumes: [{ name: 'data', mountPath: 'data' }] }],
    ['volumes.0.mountPath', { volumes: [{ name: 'data', mountPath: '/mlstack/work' }] }],
    [
      'volumes.0.emptyDir.sizeLimit',
      { volumes: [{ name: 'data', mountPath: '/data', emptyDir: { sizeLimit: '5 GB' } }] },
    ],
    [
      'podTemplate.spec.containers.0.resources.limits.memory',
      { podTemplate: { spec: { containers: [{ name: 'step', resources: { limits: { memory: '4GB' } } }] } } },
    ],
    ['podTemplate.spec.containers.0.name', { podTemplate: { spec: { containers: [{ image: 'node:24' }] } } }],
    ['lostNodeTimeoutMs', { lostNodeTimeoutMs: 3_000_000_000 }],
    ['ttlSeconds', { ttlSeconds: 5 }],
    ['startTimeoutMs', { startTimeoutMs: 3_000_000_000 }],
  ])('%s', (field, config) => {
    const problems = problemsOf(config);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}: `));
  });
});

test.each([
  'node:24-slim',
  'registry.example.org:5000/team/trainer:2.1.0',
  'ghcr.io/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  '127.0.0.1:17500/x',
])('%s is an image', (image) => {
  expect(problemsOf({ image })).toEqual([]);
});

test.each(['500m', '2', '1.5Gi', '.5', '1e3', '100M'])('%s is a quantity', (memory) => {
  const podTemplate = { spec: { containers: [{ name: 'step', resources: { requests: { memory } } }] } };
  expect(problemsOf({ podTemplate })).toEqual([]);
});

test('steps choose what their pods are like, not where the cluster is', () => {
  expect(problemsOf({ nodeSelector: { pool: 'gpu' }, image: 'node:24' }, kubernetesSettings as never)).toEqual([]);
  expect(problemsOf({ namespace: 'other' }, kubernetesSettings as never)).toEqual([': Unrecognized key: "namespace"']);
});
