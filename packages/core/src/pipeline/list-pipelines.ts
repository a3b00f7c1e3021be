import type { Page, PageOptions, PipelineSummary } from '../component/metadata-store.ts';
import type { Project } from '../project/project.ts';

/** Pipelines that have a run, by name. */
export async function listPipelines(_project: Project, _options: PageOptions = {}): Promise<Page<PipelineSummary>> {
  throw new Error('not there yet');
}
