import { stripVTControlCharacters } from 'node:util';
import type { NodeDescription, RunDescription } from '@mlstack/core/project';
import { expect, test } from 'vitest';
import { formatRun } from './format-run.ts';

const step = (nodeId: string, state: NodeDescription['state'], reason: string): NodeDescription => ({
  runId: 'r1',
  nodeId,
  step: nodeId,
  state,
  attempts: 1,
  reason,
  metadata: {},
  outputs: {},
  hooks: [],
  dependsOn: [],
});

const run: RunDescription = {
  id: 'r1',
  name: 'first',
  pipeline: 'digits',
  stack: 'default',
  state: 'failed',
  createdAt: '2026-01-01T00:00:00Z',
  nodes: 3,
  counts: { succeeded: 1, cached: 1, skipped: 1 },
  sourceFile: 'pipeline.ts',
  codeDigest: '0123456789abcdef',
  failureMode: 'continue',
  versions: {},
  components: [],
  steps: [
    { ...step('load', 'succeeded', 'nothing in the cache'), startedAt: '2026-01-01T00:00:00Z' },
    step('train', 'cached', 'as in an earlier run'),
    step('report', 'skipped', 'train failed'),
  ],
};

test('a step tells why it did not run, and leaves why it ran to `runs explain`', () => {
  const text = stripVTControlCharacters(formatRun(run));
  expect(text).toContain('as in an earlier run');
  expect(text).toContain('train failed');
  const begun = { startedAt: '2026-01-01T00:00:00Z' };
  for (const state of ['succeeded', 'failed', 'running', 'cancelled'] as const) {
    const steps = [{ ...step('load', state, 'nothing in the cache'), ...begun }];
    expect(stripVTControlCharacters(formatRun({ ...run, steps })), state).not.toContain('nothing in the cache');
  }
  expect(formatRun({ ...run, steps: [step('load', 'cancelled', 'the run was cancelled')] })).toContain('the run was');
});

test('what a step noted stands with it, and a hook that did not come to its end is told', () => {
  const [load, ...others] = run.steps as [NodeDescription, ...NodeDescription[]];
  const error = { name: 'TypeError', message: 'nobody to tell' };
  const noted: NodeDescription = {
    ...load,
    metadata: { accuracy: 0.97, kind: 'linear' },
    hooks: [
      { role: 'onSuccess', outcome: 'failed', error },
      { role: 'onFailure', outcome: 'cancelled' },
    ],
  };
  const text = stripVTControlCharacters(formatRun({ ...run, steps: [noted, ...others] }));
  expect(text).toContain('load  accuracy=0.97 kind="linear"');
  expect(text).toContain('! load  its onSuccess failed\n  TypeError: nobody to tell');
  expect(text).toContain('! load  its onFailure was cancelled');
});

test('a terminal gets one line for each step', () => {
  const lines = stripVTControlCharacters(formatRun(run, 20)).split('\n');
  expect(lines).toContain('✔ load');
  expect(lines).toContain('↺ train  cached  as…');
});
