import type { Page, PageOptions } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import { observeRuns } from './observe-run-state.ts';
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
    const list = async (some: ListRunsOptions) => {
      const page = await metadataStore.listRuns(some);
      return { ...page, items: await observeRuns(metadataStore, page.items) };
    };
    const page = await list(options);
    const { state, cursor, ...others } = options;
    if (state === 'running') return { ...page, items: page.items.filter((run) => run.state === state) };
    if (state !== 'crashed' || cursor !== undefined) return page;
    // Those whose lease has not expired yet, though their driver is dead.
    const running = await list({ ...others, state: 'running' });
    return { ...page, items: [...running.items.filter((run) => run.state === state), ...page.items] };
  });
}
