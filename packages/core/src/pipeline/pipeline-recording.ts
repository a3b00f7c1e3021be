import type { ArtifactHandle } from './artifact-handle.ts';
import type { CallSettings, StepDefinition } from './step.ts';

/** One call of a step, as the description of a pipeline made it. */
export interface RecordedCall {
  readonly definition: StepDefinition;
  readonly inputs: Readonly<Record<string, ArtifactHandle<unknown>>>;
  readonly options: CallSettings & { readonly params?: unknown };
}

/** Collects the calls of steps while a pipeline is being described. */
export interface PipelineRecording {
  /** Returns the id of the new node. */
  addCall(call: RecordedCall): string;
}

// Several copies of this module may be in a process: the recording lives where all of them look.
const slot = Symbol.for('mlstack.pipeline-recording');
const shared = globalThis as { [slot]?: PipelineRecording | undefined };

export function currentRecording(): PipelineRecording | undefined {
  return shared[slot];
}

/** Makes `recording` the current one while `describe` runs, which must not wait for anything. */
export function recordWith<Result>(recording: PipelineRecording, describe: () => Result): Result {
  const outer = shared[slot];
  shared[slot] = recording;
  try {
    return describe();
  } finally {
    shared[slot] = outer;
  }
}
