import type { StepRequest } from '@mlstack/core/flavor';
import { expect, test } from 'vitest';
import type { KubernetesSettings } from './kubernetes-config.ts';
import { kubernetesConfig } from './kubernetes-config.ts';
import { describeStepJob, outputPrefixOf, secretNameOf } from './step-job.ts';

const request = {
  runId: 'run1',
  runName: 'digits-20260131',
  pipeline: 'digits',
  nodeId: 'Train_Model',
  attempt: 2,
  leaseEpoch: 1,
  role: 'step',
  outputPrefix: 'm/runs/run1/Train_Model.2.',
  node: { settings: { timeoutMs: 60_000, resources: { cpu: 1.5, memory: '512Mi', gpu: 1 } } },
} as unknown as StepRequest;

function describe(config: object = {}, settings: KubernetesSettings = {}, asked: StepRequest = request) {
  const scope = { runId: asked.runId, componentId: 'c1' };
  const job = describeStepJob({
    request: asked,
    scope,
    config: kubernetesConfig.parse(config),
    settings,
    secretName: 's',
  });
  const pod = job.spec?.template.spec;
  if (pod === undefined) throw new Error('no pod');
  return { job, pod, container: pod.containers.find(({ name }) => name === 'step') };
}

test('its name is a hash of what it executes, and readable names are annotations', () => {
  const { job } = describe();
  expect(job.metadata?.name).toMatch(/^mlstack-[0-9a-f]{20}$/);
  expect(job.metadata?.annotations).toMatchObject({
    'mlstack.dev/run-name': 'digits-20260131',
    'mlstack.dev/pipeline': 'digits',
    'mlstack.dev/node': 'Train_Model',
    'mlstack.dev/attempt': '2',
  });
  expect(describe().job.metadata?.name).toBe(job.metadata?.name);
  expect(describe({}, {}, { ...request, attempt: 3 }).job.metadata?.name).not.toBe(job.metadata?.name);
});

test('the cluster tries nothing again, and removes what nobody has removed', () => {
  const { job, pod } = describe({ ttlSeconds: 3600 });
  expect(job.spec).toMatchObject({ backoffLimit: 0, ttlSecondsAfterFinished: 3600 });
  expect(pod).toMatchObject({ restartPolicy: 'Never', automountServiceAccountToken: false });
});

test('what a step needs is what it gets and its limit, but for processor time', () => {
  expect(describe().container?.resources).toEqual({
    requests: { cpu: '1.5', memory: '536870912', 'nvidia.com/gpu': '1' },
    limits: { memory: '536870912', 'nvidia.com/gpu': '1' },
  });
});

test('a step’s settings come before those of the component', () => {
  const toleration = { key: 'gpu', operator: 'Exists' } as const;
  const { pod, container } = describe(
    {
      image: 'own:1',
      nodeSelector: { disk: 'hdd' },
      tolerations: [toleration],
      serviceAccount: 'steps',
      podEnv: { A: '1' },
    },
    { image: 'own:2', nodeSelector: { disk: 'ssd' } },
  );
  expect(container).toMatchObject({ image: 'own:2', env: expect.arrayContaining([{ name: 'A', value: '1' }]) });
  expect(pod).toMatchObject({ nodeSelector: { disk: 'ssd' }, serviceAccountName: 'steps' });
  expect(pod.tolerations).toContainEqual(toleration);
});

test('a node that does not answer is lost after the time that the component gives it', () => {
  const { pod } = describe({ lostNodeTimeoutMs: 5000 });
  expect(pod.tolerations).toContainEqual(
    expect.objectContaining({ key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', tolerationSeconds: 5 }),
  );
});

test('what a step writes to its temporary folder lies where its pod may write, and where it counts', () => {
  expect(describe().container?.env).toContainEqual({ name: 'TMPDIR', value: '/mlstack/work' });
  const { container } = describe({ podEnv: { TMPDIR: '/scratch' } });
  expect(container?.env).toEqual([{ name: 'TMPDIR', value: '/scratch' }]);
});

test('a pod goes to nodes that its image is for, whatever else they must be', () => {
  expect(describe().pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
  const nodeSelector = { disk: 'ssd' };
  expect(describe({ nodeSelector }).pod.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', ...nodeSelector });
});

test('volumes are mounted where they say', () => {
  const volumes = [{ name: 'data', mountPath: '/data', persistentVolumeClaim: { claimName: 'digits' } }];
  const { pod, container } = describe({ volumes });
  expect(pod.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'digits' } });
  expect(container?.volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
});

test('a pod template is laid over what is made', () => {
  const podTemplate = {
    metadata: { labels: { team: 'vision' } },
    spec: {
      priorityClassName: 'low',
      containers: [
        { name: 'step', securityContext: { runAsNonRoot: true } },
        { name: 'beside', image: 'proxy:1' },
      ],
    },
  };
  const { job, pod, container } = describe({ podTemplate });
  expect(job.spec?.template.metadata?.labels).toMatchObject({ team: 'vision', 'mlstack.dev/role': 'step' });
  expect(pod.priorityClassName).toBe('low');
  expect(container).toMatchObject({ securityContext: { runAsNonRoot: true }, image: 'node:24-slim' });
  expect(pod.containers.map(({ name }) => name)).toEqual(['step', 'beside']);
});

test('what a driver that takes over must know of a Job is read from it', () => {
  const { job } = describe();
  expect([secretNameOf(job), outputPrefixOf(job)]).toEqual(['s', 'm/runs/run1/Train_Model.2.']);
});

test('a Job of another making is not taken for one of a run', () => {
  for (const args of [[], ['--port=80'], ['null'], ['{}']]) {
    const template = { spec: { containers: [{ name: 'step', args }] } };
    expect(outputPrefixOf({ spec: { template } })).toBeUndefined();
  }
  expect(outputPrefixOf({})).toBeUndefined();
});
