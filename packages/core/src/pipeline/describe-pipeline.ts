import { PipelineNotFoundError } from '../errors/run-errors.ts';
import type { Project } from '../project/project.ts';
import { observeRuns } from '../run/observe-run-state.ts';
import type { RunSummary } from '../run/run-record.ts';
import { useStack } from '../run/use-stack.ts';
import type { Plan } from './plan.ts';

export interface PipelineDescription {
  readonly name: string;
  readonly runs: readonly RunSummary[];
  /** Of its newest run. */
  readonly plan: Plan;
  readonly sourceFile: string;
}

/** A pipeline as its newest run had it, with its last ten runs. Fails with `PipelineNotFoundError`. */
export async function describePipeline(project: Project, name: string): Promise<PipelineDescription> {
  return await useStack(project, async (stack) => {
    const metadataStore = await stack.component('metadata-store');
    const { items } = await metadataStore.listRuns({ pipeline: name, limit: 10 });
    const [newest] = items;
    if (newest === undefined) {
      const known = await metadataStore.listPipelines({ limit: 200 });
      throw new PipelineNotFoundError(
        name,
        known.items.map((pipeline) => pipeline.name),
      );
    }
    const { record } = await metadataStore.getRun(newest.id);
    return {
      name: record.plan.pipeline,
      runs: await observeRuns(metadataStore, items),
      plan: record.plan,
      sourceFile: record.sourceFile,
    };
  });
}
