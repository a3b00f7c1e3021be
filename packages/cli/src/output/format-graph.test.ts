import { expect, test } from 'vitest';
import { formatGraph } from './format-graph.ts';

test('a node stands under the last that it waits for, with the others named', () => {
  const nodes = [
    { id: 'load', dependsOn: [] },
    { id: 'train', dependsOn: ['load'] },
    { id: 'check', dependsOn: ['load'] },
    { id: 'report', dependsOn: ['train', 'check'] },
    { id: 'alone', dependsOn: [] },
  ];
  expect(formatGraph(nodes)).toBe(`load
├─ train
└─ check
   ↓ report  (and after train)
alone`);
});

test('what a node waits for may be on another page', () => {
  expect(formatGraph([{ id: 'late', dependsOn: ['not_here'] }])).toBe('late  (and after not_here)');
});

test('a chain stays where it begins, also one of 10,000', () => {
  const nodes = Array.from({ length: 10_000 }, (_, index) => ({
    id: `n${index}`,
    dependsOn: index === 0 ? [] : [`n${index - 1}`],
  }));
  const lines = formatGraph(nodes).split('\n');
  expect(lines.slice(0, 2)).toEqual(['n0', '↓ n1']);
  expect(lines.at(-1)).toBe('↓ n9999');
});
