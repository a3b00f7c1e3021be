import type { MetadataStore } from '../component/metadata-store.ts';
import type { NodeRecord, RunDetail } from './run-record.ts';

type ReadRun = (runId: string) => Promise<RunDetail>;

/** Reads each run once, however many nodes refer to it. */
export function readRunsOnce(metadataStore: MetadataStore): ReadRun {
  const runs = new Map<string, Promise<RunDetail>>();
  return (runId) => {
    const run = runs.get(runId) ?? metadataStore.getRun(runId);
    runs.set(runId, run);
    return run;
  };
}

/** The recorded reason, with the name of the run that a node was taken from: it is recorded by its id. */
export async function reasonWithName(
  { reason, cachedFrom }: Pick<NodeRecord, 'reason' | 'cachedFrom'>,
  readRun: ReadRun,
): Promise<string | undefined> {
  if (cachedFrom === undefined) return reason;
  // One that was deleted since has no name any more.
  const from = await readRun(cachedFrom.runId).catch(() => undefined);
  return from === undefined ? reason : reason?.replace(cachedFrom.runId, from.name);
}
