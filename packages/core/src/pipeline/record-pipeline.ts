import { nameKey } from '../name.ts';
import type { Pipeline } from './pipeline.ts';
import { PipelineDefinitionError } from './pipeline-errors.ts';
import type { RecordedCall } from './pipeline-recording.ts';
import { recordWith } from './pipeline-recording.ts';

/** The calls that the pipeline's description makes, in their order, by the ids of their nodes, which differ also without regard to case. */
export function recordPipeline(
  { pipelineName, describe }: Pipeline,
  params: unknown,
): ReadonlyMap<string, RecordedCall> {
  const calls = new Map<string, RecordedCall>();
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  const addCall = (call: RecordedCall): string => {
    const { name } = call.definition;
    let count = counts.get(nameKey(name)) ?? 0;
    let id: string;
    do {
      count++;
      id = count === 1 ? name : `${name}_${count}`;
    } while (taken.has(nameKey(id)));
    counts.set(nameKey(name), count);
    taken.add(nameKey(id));
    calls.set(id, call);
    return id;
  };
  const result = recordWith({ addCall }, () => describe(params));
  if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
    // What it does after its first wait is not ours, and must not end the process.
    (result as Promise<unknown>).then(undefined, () => {});
    throw new PipelineDefinitionError(pipelineName, 'its description is async', 'Do what waits inside a step.');
  }
  if (calls.size === 0)
    throw new PipelineDefinitionError(pipelineName, 'its description calls no step', 'Call at least one step in it.');
  return calls;
}
