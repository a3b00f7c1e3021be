import { createHash } from 'node:crypto';
import type { LaunchHandle } from '@mlstack/core/flavor';

/** Of a pod, the container that a step runs in. */
export const containerName = 'step';

/** Labels and annotations of what is made. */
export const labels = {
  managedBy: 'app.kubernetes.io/managed-by',
  run: 'mlstack.dev/run',
  component: 'mlstack.dev/component',
  role: 'mlstack.dev/role',
} as const;

export const annotations = {
  runId: 'mlstack.dev/run-id',
  runName: 'mlstack.dev/run-name',
  pipeline: 'mlstack.dev/pipeline',
  node: 'mlstack.dev/node',
  attempt: 'mlstack.dev/attempt',
  execution: 'mlstack.dev/execution',
} as const;

/** `step`: the Job of an execution. `run`: what a run's Secrets belong to. */
export type ObjectRole = 'step' | 'run';

/** What one component makes for one run. */
export interface RunScope {
  readonly runId: string;
  readonly componentId: string;
}

export function labelsOf({ runId, componentId }: RunScope, role: ObjectRole): Record<string, string> {
  return {
    [labels.managedBy]: 'mlstack',
    [labels.run]: shortHash(runId),
    [labels.component]: shortHash(componentId),
    [labels.role]: role,
  };
}

/** @param role without one: of every role. */
export function selectorOf(scope: RunScope, role?: ObjectRole): string {
  return Object.entries(labelsOf(scope, role ?? 'run'))
    .filter(([name]) => role !== undefined || name !== labels.role)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** The same for the same execution, whoever asks. */
export function jobName({ runId, nodeId, attempt, role }: Omit<LaunchHandle, 'detail'>, componentId: string): string {
  return `mlstack-${shortHash(runId, nodeId, String(attempt), role, componentId)}`;
}

export function shortHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 20);
}
