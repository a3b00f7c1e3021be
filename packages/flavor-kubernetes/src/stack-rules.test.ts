import type { RemoteAccess, StackView } from '@mlstack/core/flavor';
import { describe, expect, test } from 'vitest';
import { kubernetesOrchestrator } from './orchestrator.ts';
import { kubernetesStepOperator } from './step-operator.ts';

type Config = Readonly<Record<string, unknown>>;

function issuesOf(access: RemoteAccess, own: Config = {}, type: 'orchestrator' | 'step-operator' = 'orchestrator') {
  const flavor = type === 'orchestrator' ? kubernetesOrchestrator : kubernetesStepOperator;
  const capabilities = {
    supportedSchemes: ['s3'],
    reach: 'network',
    presignedUrls: true,
    remoteAccess: () => access,
  } as const;
  const view: StackView = {
    name: 'team',
    components: {
      [type]: { name: 'k8s', flavor: 'kubernetes', config: own, capabilities: flavor.capabilities },
      'artifact-store': { name: 'store', flavor: 's3', config: { path: 's3://bucket' }, capabilities },
    },
  };
  return flavor.stackRules.flatMap((rule) => rule(view));
}

describe.each(['orchestrator', 'step-operator'] as const)('a stack with the %s', (type) => {
  test('is content with a store that pods reach by keys that travel', () => {
    expect(issuesOf({ by: 'references' }, {}, type)).toEqual([]);
  });

  test('needs a store that does not lie on this machine', () => {
    const flavor = type === 'orchestrator' ? kubernetesOrchestrator : kubernetesStepOperator;
    const local = {
      name: 'default',
      flavor: 'local',
      config: { path: '.mlstack/artifacts' },
      capabilities: { supportedSchemes: ['file'], reach: 'machine', presignedUrls: false } as const,
    };
    const own = { name: 'k8s', flavor: 'kubernetes', config: {}, capabilities: undefined };
    const view: StackView = { name: 'team', components: { [type]: own, 'artifact-store': local } };
    expect(flavor.stackRules.flatMap((rule) => rule(view))).toEqual([
      {
        path: ['artifact-store'],
        message: `pods of ${type} "k8s" cannot reach artifact store "default" (local): it lies on this machine`,
        hint: expect.stringContaining('s3'),
      },
    ]);
  });
});

test('a store that nobody else can be given access to is refused with its reason', () => {
  const access = { by: 'nothing', reason: 'has a loopback endpoint', hint: 'Change the endpoint.' } as const;
  expect(issuesOf(access)).toEqual([
    {
      path: ['artifact-store'],
      message: 'pods of orchestrator "k8s" cannot get at artifact store "store" (s3): it has a loopback endpoint',
      hint: 'Change the endpoint.',
    },
  ]);
});

test("a store that goes by this machine's credentials is refused, unless the pods have an identity of their own", () => {
  const access = { by: 'identity', hint: 'Give it keys.' } as const;
  expect(issuesOf(access)).toMatchObject([
    {
      message: expect.stringContaining('do not travel'),
      hint: expect.stringMatching(/^Give it keys\. Or .*--serviceAccount/),
    },
  ]);
  expect(issuesOf(access, { serviceAccount: 'trainer' })).toEqual([]);
  expect(issuesOf(access, { podTemplate: { spec: { serviceAccountName: 'trainer' } } })).toEqual([]);
});

test.each([
  ['podEnv', { podEnv: { TOKEN: '{{env.TOKEN}}' } }],
  ['podTemplate', { podTemplate: { spec: { containers: [{ name: 'step', args: ['{{ env.TOKEN }}'] }] } } }],
])('a reference in %s is refused, since everybody would see its value', (field, own) => {
  expect(issuesOf({ by: 'references' }, own)).toMatchObject([
    { path: ['orchestrator', field], message: expect.stringContaining('in clear') },
  ]);
});
