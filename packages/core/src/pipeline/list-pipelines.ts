import type { Page, PageOptions, PipelineSummary } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';
import { observeRuns } from '../run/observe-run-state.ts';
import { useStack } from '../run/use-stack.ts';

/** Pipelines that have a run, by name. */
export async function listPipelines(project: Project, options: PageOptions = {}): Promise<Page<PipelineSummary>> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const page = await metadataStore.listPipelines(options);
    const lastRuns = await observeRuns(
      metadataStore,
      page.items.map((pipeline) => pipeline.lastRun),
    );
    return {
      ...page,
      items: page.items.map((pipeline, index) => ({ ...pipeline, lastRun: lastRuns[index] ?? pipeline.lastRun })),
    };
  });
}
