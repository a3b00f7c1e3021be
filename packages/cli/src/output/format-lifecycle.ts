import type { LifecycleReport } from '@mlstack/core/project';
import { formatTable } from './format-table.ts';
import { markedState, stateMark } from './state-mark.ts';

const doneWords: Readonly<Record<string, string>> = {
  provision: 'provisioned',
  resume: 'resumed',
  suspend: 'suspended',
  deprovision: 'deprovisioned',
};

/** What happened to each component, on a line each. */
export function formatLifecycle(reports: readonly LifecycleReport[]): string {
  return formatTable(reports, [
    { title: 'COMPONENT', value: ({ type, name }) => `${type} ${name}` },
    { title: 'DONE', value: describeCalls },
    {
      title: 'STATE',
      value: ({ state, error }) => (error ? `${stateMark('failed')} failed` : state ? markedState(state) : ''),
    },
    { title: '', value: ({ error, message, calls }) => error?.message ?? message ?? calls.at(-1)?.message ?? '' },
  ]);
}

function describeCalls({ calls }: LifecycleReport): string {
  const changed = calls.filter(({ outcome }) => outcome === 'changed').map(({ call }) => doneWords[call] ?? call);
  if (changed.length > 0) return changed.join(', ');
  return calls.some(({ outcome }) => outcome === 'unchanged') ? 'was so already' : 'nothing to do';
}
