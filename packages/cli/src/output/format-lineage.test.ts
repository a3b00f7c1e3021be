import { stripVTControlCharacters } from 'node:util';
import type { ArtifactLineage } from '@mlstack/core/project';
import { expect, test } from 'vitest';
import { formatLineage } from './format-lineage.ts';

const artifact = (id: string, nodeId: string) => ({
  id,
  nodeId,
  runId: 'r1',
  storeId: 's',
  output: 'output',
  createdAt: '2026-01-01T00:00:00Z',
  key: `k/${id}` as never,
  layout: 'file' as const,
  size: 7,
  sha256: '0',
  materializer: { id: 'json', version: 1 },
  preview: id.toUpperCase(),
});

test('what an artifact was made from is told once, however many ways lead to it', () => {
  const all = {
    a: artifact('a', 'load'),
    b: artifact('b', 'train'),
    c: artifact('c', 'check'),
    d: artifact('d', 'report'),
  };
  const step = (nodeId: string, inputs: Record<string, string>, output: string) => ({
    runId: 'r1',
    nodeId,
    step: nodeId,
    inputs,
    outputs: { output },
  });
  const lineage: ArtifactLineage = {
    artifact: all.d,
    artifacts: all,
    steps: [
      step('report', { model: 'b', check: 'c' }, 'd'),
      step('train', { data: 'a' }, 'b'),
      step('check', { data: 'a' }, 'c'),
      step('load', {}, 'a'),
    ],
    truncated: false,
  };
  expect(stripVTControlCharacters(formatLineage(lineage, 'up'))).toBe(`report.output  d  7 B  D
made from
└─ report
   ├─ model ← train.output  b  7 B  B
   │  └─ train
   │     └─ data ← load.output  a  7 B  A
   │        └─ load
   └─ check ← check.output  c  7 B  C
      └─ check
         └─ data ← load.output  a  7 B  A
            └─ load`);
  expect(stripVTControlCharacters(formatLineage({ ...lineage, artifact: all.a }, 'down'))).toContain('(as above)');
  for (const line of stripVTControlCharacters(formatLineage(lineage, 'both', 24)).split('\n'))
    expect(line.length).toBeLessThanOrEqual(24);
});
