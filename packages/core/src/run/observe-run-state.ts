import type { MetadataStore } from '../component/metadata-store.ts';
import { isHolderDead } from './lease-holder.ts';
import type { RunDetail, RunSummary } from './run-record.ts';

/** A run whose driver this host knows to be dead reads as crashed at once, before its lease has expired. */
export function observeRun(run: RunDetail): RunDetail {
  if (run.state !== 'running' || run.lease === undefined || !isHolderDead(run.lease)) return run;
  const { lease: _, ...rest } = run;
  return { ...rest, state: 'crashed' };
}

/** The same for summaries, which do not say who drives. */
export async function observeRuns(
  metadataStore: MetadataStore,
  runs: readonly RunSummary[],
): Promise<readonly RunSummary[]> {
  return await Promise.all(
    runs.map(async (run) => {
      if (run.state !== 'running') return run;
      const { state } = observeRun(await metadataStore.getRun(run.id));
      return state === run.state ? run : { ...run, state };
    }),
  );
}
