import { styleText } from 'node:util';
import type { ArtifactLineage, LineageStep } from '@mlstack/core/project';
import { formatBytes } from './format-quantity.ts';
import { cutLines, terminalWidth } from './format-table.ts';

interface Branch {
  readonly text: string;
  readonly below: () => Branch[];
}

/**
 * Two trees: what an artifact was made from, and what was made from it. A branch that was shown before is not shown again.
 *
 * @param width of the terminal, at which lines are cut; nothing where it is piped.
 */
export function formatLineage(
  lineage: ArtifactLineage,
  direction: 'up' | 'down' | 'both',
  width = terminalWidth(),
): string {
  const name = (id: string) => describeArtifact(lineage, id);
  const lines = [styleText('bold', name(lineage.artifact.id))];
  if (direction !== 'down') {
    lines.push(styleText('dim', 'made from'), ...drawTree(upwards(lineage, lineage.artifact.id, name)));
  }
  if (direction !== 'up') {
    const below = downwards(lineage, lineage.artifact.id, name);
    lines.push(styleText('dim', 'used for'), ...(below.length === 0 ? ['  nothing yet'] : drawTree(below)));
  }
  if (lineage.truncated) lines.push(styleText('dim', 'There is more: ask for an artifact at the edge.'));
  return cutLines(lines.join('\n'), width);
}

function upwards({ steps }: ArtifactLineage, id: string, name: (id: string) => string): Branch[] {
  const makers = new Map<string, LineageStep>();
  for (const step of steps) for (const output of Object.values(step.outputs)) makers.set(output, step);
  const shown = new Set<LineageStep>();
  const branch = (artifact: string): Branch[] => {
    const step = makers.get(artifact);
    if (step === undefined) return [];
    const again = shown.has(step);
    shown.add(step);
    const inputs = Object.entries(step.inputs);
    return [
      {
        text: `${styleText('cyan', step.nodeId)}${again && inputs.length > 0 ? styleText('dim', '  (as above)') : ''}`,
        below: () =>
          again ? [] : inputs.map(([input, from]) => ({ text: `${input} ← ${name(from)}`, below: () => branch(from) })),
      },
    ];
  };
  return branch(id);
}

function downwards({ steps }: ArtifactLineage, id: string, name: (id: string) => string): Branch[] {
  const readers = new Map<string, LineageStep[]>();
  for (const step of steps) {
    for (const input of new Set(Object.values(step.inputs))) readers.set(input, [...(readers.get(input) ?? []), step]);
  }
  const shown = new Set<LineageStep>();
  const branch = (artifact: string): Branch[] =>
    (readers.get(artifact) ?? []).map((step) => {
      const again = shown.has(step);
      shown.add(step);
      return {
        text: `${styleText('cyan', step.nodeId)}  ${styleText('dim', step.runId)}${again ? styleText('dim', '  (as above)') : ''}`,
        below: () =>
          again
            ? []
            : Object.values(step.outputs).map((output) => ({ text: `→ ${name(output)}`, below: () => branch(output) })),
      };
    });
  return branch(id);
}

function drawTree(branches: readonly Branch[], stem = ''): string[] {
  return branches.flatMap((branch, index) => {
    const isLast = index === branches.length - 1;
    return [
      `${stem}${isLast ? '└─ ' : '├─ '}${branch.text}`,
      ...drawTree(branch.below(), `${stem}${isLast ? '   ' : '│  '}`),
    ];
  });
}

function describeArtifact({ artifacts, artifact }: ArtifactLineage, id: string): string {
  const found = artifacts[id] ?? (artifact.id === id ? artifact : undefined);
  if (found === undefined) return id;
  return `${found.nodeId}.${found.output}  ${styleText('dim', found.id)}  ${formatBytes(found.size)}  ${found.preview}`;
}
