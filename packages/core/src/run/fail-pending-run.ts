import type { Project } from '../project/project.ts';
import { defaultDriveTiming } from './drive-options.ts';
import { toErrorRecord } from './error-record.ts';
import { currentLeaseHolder, isHolderDead } from './lease-holder.ts';
import { useStack } from './use-stack.ts';

/** Ends a run whose driver failed before it held the lease: it would wait for ever. One that has begun is left as it is. */
export async function failPendingRun(project: Project, runId: string, reason: unknown): Promise<void> {
  await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const { leaseTtlMs: ttlMs } = defaultDriveTiming;
    if ((await metadataStore.getRun(runId)).state !== 'pending') return;
    const lease = await metadataStore.takeLease(runId, currentLeaseHolder(), { ttlMs, isHolderDead });
    await metadataStore.record(lease, [{ kind: 'run-state', state: 'failed', error: toErrorRecord(reason) }], ttlMs);
  });
}
