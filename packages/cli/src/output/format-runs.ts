import type { RunSummary } from '@mlstack/core/project';
import { formatAge, formatCount, formatDuration } from './format-quantity.ts';
import { formatTable } from './format-table.ts';
import { markedState } from './state-mark.ts';

export function formatRuns(runs: readonly RunSummary[]): string {
  return formatTable(runs, [
    { title: 'RUN', value: (run) => run.name, isWhole: true },
    { title: 'PIPELINE', value: (run) => run.pipeline },
    { title: 'STACK', value: (run) => run.stack, isOptional: true },
    { title: 'STATE', value: (run) => markedState(run.state), isWhole: true },
    { title: 'STEPS', value: (run) => formatProgress(run) },
    { title: 'STARTED', value: (run) => formatAge(run.createdAt) },
    { title: 'TOOK', value: (run) => runDuration(run), align: 'right' },
  ]);
}

/** `5` when all are over, `3/5` while some are not. */
export function formatProgress({ nodes, counts }: Pick<RunSummary, 'nodes' | 'counts'>): string {
  const open = (counts.pending ?? 0) + (counts.running ?? 0);
  return open === 0 ? String(nodes) : `${nodes - open}/${nodes}`;
}

export function runDuration({ createdAt, endedAt }: Pick<RunSummary, 'createdAt' | 'endedAt'>): string {
  return endedAt === undefined ? '' : formatDuration(Date.parse(endedAt) - Date.parse(createdAt));
}

/** `3 succeeded, 1 cached, 1 failed`. */
export function formatCounts(counts: RunSummary['counts']): string {
  const order = ['succeeded', 'cached', 'failed', 'cancelled', 'skipped', 'running', 'pending'] as const;
  const parts = order.filter((state) => (counts[state] ?? 0) > 0).map((state) => `${counts[state]} ${state}`);
  return parts.length === 0 ? formatCount(0, 'step') : parts.join(', ');
}
