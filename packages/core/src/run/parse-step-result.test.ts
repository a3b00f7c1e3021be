import { expect, test } from 'vitest';
import type { StoredArtifact } from '../artifact/artifact-record.ts';
import { stepNode } from './fixtures/plans.ts';
import type { ExpectedResult } from './parse-step-result.ts';
import { maximumResultBytes, parseStepResult, StepResultError } from './parse-step-result.ts';
import type { StepResult } from './step-result.ts';

const expected: ExpectedResult = {
  runId: 'run1',
  nodeId: 'train',
  attempt: 2,
  role: 'step',
  outputPrefix: 'store/runs/run1/train.2.',
  node: stepNode('train', { outputs: { model: {}, score: { materializer: { id: 'json', version: 1 } } } }),
};

const artifact = (key: string): StoredArtifact => ({
  key,
  layout: 'file',
  size: 3,
  sha256: 'a'.repeat(64),
  materializer: { id: 'json', version: 1 },
  preview: '0.9',
});

const valid: StepResult = {
  formatVersion: 1,
  runId: 'run1',
  nodeId: 'train',
  attempt: 2,
  outcome: 'succeeded',
  outputs: {
    model: artifact('store/runs/run1/train.2.x1.model.json'),
    score: artifact('store/runs/run1/train.2.x1.score.json'),
  },
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  metadata: { rows: 3 },
  logChunks: 1,
};
const failed: StepResult = { ...valid, outcome: 'failed', outputs: {}, error: { name: 'Error', message: 'no' } };

test('a result is read from data and from bytes', () => {
  expect(parseStepResult(valid, expected)).toEqual(valid);
  expect(parseStepResult(Buffer.from(JSON.stringify(failed)), expected)).toEqual(failed);
});

test('fields that nobody knows are dropped', () => {
  expect(parseStepResult({ ...valid, extra: 1 }, expected)).toEqual(valid);
});

const withOutput = (change: object) => ({
  ...valid,
  outputs: { ...valid.outputs, model: { ...valid.outputs.model, ...change } },
});

const deep = JSON.parse(`${'{"in":'.repeat(100_000)}1${'}'.repeat(100_000)}`);

test.each<[string, unknown]>([
  ['no JSON', Buffer.from('{"a":')],
  ['a document that is too large', Buffer.alloc(maximumResultBytes + 1, ' ')],
  ['no object', 'ok'],
  ['a newer format', { ...valid, formatVersion: 2 }],
  ['another run', { ...valid, runId: 'run2' }],
  ['another node', { ...valid, nodeId: 'test' }],
  ['another attempt', { ...valid, attempt: 1 }],
  ['an unknown outcome', { ...valid, outcome: 'great' }],
  ['a time that is none', { ...valid, endedAt: 'soon' }],
  ['a missing output', { ...valid, outputs: { model: valid.outputs.model } }],
  ['an output that the plan does not know', { ...valid, outputs: { ...valid.outputs, more: valid.outputs.model } }],
  ['outputs of a step that failed', { ...failed, outputs: valid.outputs }],
  ['an output of another step', withOutput({ key: 'store/runs/run1/test.1.x1.model.json' })],
  ['an output of a later attempt', withOutput({ key: 'store/runs/run1/train.21.x1.model.json' })],
  ['an output that climbs out', withOutput({ key: 'store/runs/run1/train.2./../../secret' })],
  ['a hash that is none', withOutput({ sha256: 'ABC' })],
  ['a negative size', withOutput({ size: -1 })],
  ['a preview that is too long', withOutput({ preview: 'x'.repeat(201) })],
  [
    'a materializer that was not planned',
    {
      ...valid,
      outputs: { ...valid.outputs, score: { ...valid.outputs.score, materializer: { id: 'json', version: 2 } } },
    },
  ],
  ['more log than there can be', { ...valid, logChunks: 9e15 }],
  ['metadata that is none', { ...valid, metadata: [] }],
  ['metadata that is too large', { ...valid, metadata: { text: 'x'.repeat(maximumResultBytes) } }],
  ['metadata that is nested too deeply', { ...valid, metadata: deep }],
  ['an error that is none', { ...failed, error: { name: 1 } }],
])('%s is refused', (_, source) => {
  expect(() => parseStepResult(source, expected)).toThrow(StepResultError);
});
