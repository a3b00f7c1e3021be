import type { LaunchHandle } from '@mlstack/core/flavor';

/** At most one execution of a name is under way at a time. */
export function executionName({ runId, nodeId, attempt, role }: Omit<LaunchHandle, 'detail'>): string {
  return `${runId}/${nodeId}.${attempt}.${role}`;
}
