import { MlstackError } from '../errors/mlstack-error.ts';

export class StepDefinitionError extends MlstackError {
  readonly code = 'STEP_DEFINITION_INVALID';
  constructor(name: string, reason: string) {
    super(`The step "${name}" cannot be defined: ${reason}.`, { hint: 'Correct the definition.' });
  }
}

export class StepOutsidePipelineError extends MlstackError {
  readonly code = 'STEP_OUTSIDE_PIPELINE';
  constructor(name: string) {
    super(`The step "${name}" was called outside a pipeline's description, or after an await in it.`, {
      hint: `Call ${name}.run(inputs, params) for a plain call; the description of a pipeline must not be async.`,
    });
  }
}

export class PipelineDefinitionError extends MlstackError {
  readonly code = 'PIPELINE_DEFINITION_INVALID';
  constructor(name: string, reason: string, hint = 'Correct the pipeline.') {
    super(`The pipeline "${name}" cannot be compiled: ${reason}.`, { hint });
  }
}
