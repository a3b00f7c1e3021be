import type { LifecycleReport } from '@mlstack/core/project';
import { formatTable } from './format-table.ts';
import { markedState, stateMark } from './state-mark.ts';

const doneWords: Readonly<Record<string, string>> = {
  provision: 'provisioned',
  resume: 'resumed',
  suspend: 'suspended',
  deprovision: 'deprovisioned',
};

/** What happened to each component, on a line each; below them what there is to say of each, whole. */
export function formatLifecycle(reports: readonly LifecycleReport[]): string {
  const table = formatTable(reports, [
    { title: 'COMPONENT', value: labelOf },
    { title: 'DONE', value: describeCalls },
    {
      title: 'STATE',
      value: ({ state, error }) => (error ? `${stateMark('failed')} failed` : state ? markedState(state) : ''),
    },
  ]);
  return [table, ...reports.flatMap(explainReport)].join('\n');
}

function labelOf({ type, name }: LifecycleReport): string {
  return `${type} ${name}`;
}

function explainReport(report: LifecycleReport): string[] {
  const { calls, message, error } = report;
  const texts = new Set([...calls.map((call) => call.message), message, error?.message]);
  const lines = [...texts].filter((text) => text !== undefined).map((text) => `${labelOf(report)}: ${text}`);
  return error?.hint === undefined ? lines : [...lines, `  → ${error.hint}`];
}

function describeCalls({ calls }: LifecycleReport): string {
  const changed = calls.filter(({ outcome }) => outcome === 'changed').map(({ call }) => doneWords[call] ?? call);
  if (changed.length > 0) return changed.join(', ');
  return calls.some(({ outcome }) => outcome === 'unchanged') ? 'was so already' : 'nothing to do';
}
