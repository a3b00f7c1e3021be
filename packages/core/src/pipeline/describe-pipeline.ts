import type { Project } from '../project/project.ts';
import type { RunSummary } from '../run/run-record.ts';
import type { Plan } from './plan.ts';

export interface PipelineDescription {
  readonly name: string;
  readonly runs: readonly RunSummary[];
  /** Of its newest run. */
  readonly plan: Plan;
  readonly sourceFile: string;
}

/** A pipeline as its newest run had it, with its last ten runs. Fails with `PipelineNotFoundError`. */
export async function describePipeline(_project: Project, _name: string): Promise<PipelineDescription> {
  throw new Error('not there yet');
}
