import type { Page, PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import type { ObservedRunState, RunSummary } from './run-record.ts';

export interface ListRunsOptions extends PageOptions {
  readonly pipeline?: string;
  readonly state?: ObservedRunState;
  /** Runs of the stack of this name. Default: of all stacks that share the metadata store. */
  readonly stack?: string;
}

/** Newest first. */
export async function listRuns(_project: Project, _options: ListRunsOptions = {}): Promise<Page<RunSummary>> {
  throw new Error('not there yet');
}
