import { MlstackError } from '../errors/mlstack-error.ts';
import { quoteText } from '../name.ts';

export class StepDefinitionError extends MlstackError {
  readonly code = 'STEP_DEFINITION_INVALID';
  constructor(name: unknown, reason: string) {
    super(`The step ${quoteText(String(name))} cannot be defined: ${reason}.`, { hint: 'Correct the definition.' });
  }
}

export class StepOutsidePipelineError extends MlstackError {
  readonly code = 'STEP_OUTSIDE_PIPELINE';
  constructor(name: string) {
    super(`The step "${name}" was called outside a pipeline's description, or after an await in it.`, {
      hint: 'For a plain call there is `.run(inputs, params)`; the description of a pipeline must not be async.',
    });
  }
}

export class PipelineDefinitionError extends MlstackError {
  readonly code = 'PIPELINE_DEFINITION_INVALID';
  constructor(name: unknown, reason: string, hint = 'Correct the pipeline.') {
    super(`The pipeline ${quoteText(String(name))} cannot be compiled: ${reason}.`, { hint });
  }
}

/** An output was compared, added or put into text while a pipeline was being described. */
export class OutputUsedTooEarlyError extends MlstackError {
  readonly code = 'OUTPUT_USED_TOO_EARLY';
  constructor(node: string, output: string) {
    super(
      `The output "${output}" of "${node}" is used as a value in a pipeline's description, before any step has run.`,
      {
        hint: 'Use it inside a step that has it as an input; the description only says which output goes where.',
      },
    );
  }
}
