import { NoRunsError } from '../errors/run-errors.ts';
import type { Project } from '../project/project.ts';
import { listRuns } from './list-runs.ts';
import type { RunSummary } from './run-record.ts';

/** Of the metadata store of the project's stack. Fails with `NoRunsError` where nothing has run yet. */
export async function newestRun(project: Project): Promise<RunSummary> {
  const [run] = (await listRuns(project, { limit: 1 })).items;
  if (run === undefined) throw new NoRunsError();
  return run;
}
