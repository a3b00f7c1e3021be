import type { Page, PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import type { ObservedRunState, RunSummary } from './run-record.ts';
import { useStack } from './use-stack.ts';

export interface ListRunsOptions extends PageOptions {
  readonly pipeline?: string;
  readonly state?: ObservedRunState;
  /** Runs of the stack of this name. Default: of all stacks that share the metadata store. */
  readonly stack?: string;
}

/** Newest first. */
export async function listRuns(project: Project, options: ListRunsOptions = {}): Promise<Page<RunSummary>> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    return await metadataStore.listRuns(options);
  });
}
