import { quoteText } from '../name.ts';
import { suggestName } from '../nearest-name.ts';
import type { ErrorRecord } from '../run/step-result.ts';
import type { SecretValues } from '../secret/redact.ts';
import { redactError } from '../secret/redact-error.ts';
import { MlstackError } from './mlstack-error.ts';

/** A module of the user's threw while it was imported. */
export class PipelineImportError extends MlstackError {
  readonly code = 'PIPELINE_IMPORT_FAILED';
  /** @param place where, as `src/pipeline.ts:3:7`, as far as it is known. */
  constructor(problem: string, place: string | undefined, cause: unknown) {
    super(`The pipeline cannot be imported: ${problem}${place === undefined ? '' : ` (${place})`}`, {
      hint: 'Its modules must be importable without running anything; do what may fail inside a step.',
      cause,
    });
  }
}

/** The function that describes the pipeline threw, or something that the user's modules began without waiting for it. */
export class PipelineCompileError extends MlstackError {
  readonly code = 'PIPELINE_COMPILE_FAILED';
  /** @param place as that of `PipelineImportError`. */
  constructor(problem: string, place: string | undefined, cause: unknown) {
    super(`The pipeline cannot be compiled: ${problem}${place === undefined ? '' : ` (${place})`}`, {
      hint: 'Its modules and the function given to pipeline() describe the work; do what may fail inside a step.',
      cause,
    });
  }
}

export class PipelineExportError extends MlstackError {
  readonly code = 'PIPELINE_EXPORT_NOT_FOUND';
  constructor(name: string, exports: readonly string[], pipelines: readonly string[]) {
    const [first] = pipelines;
    const suggestion = suggestName(name, pipelines) ?? 'Name one that is a pipeline.';
    super(
      exports.includes(name)
        ? `The export ${quoteText(name)} is not a pipeline.`
        : `The pipeline's file has no export ${quoteText(name)}.`,
      {
        hint:
          first === undefined
            ? "Export what pipeline('name', () => { … }) returns."
            : name === 'default'
              ? `${suggestion} Name it after the file, as in FILE#${first}.`
              : suggestion,
      },
    );
  }
}

/** What a worker said of a pipeline that it could not compile. */
export class CompileFailedError extends MlstackError {
  readonly code: string;
  readonly record: ErrorRecord;
  constructor(record: ErrorRecord) {
    super(record.message, record.hint === undefined ? {} : { hint: record.hint });
    this.name = record.name;
    this.code = record.code ?? 'PIPELINE_COMPILE_FAILED';
    this.record = record;
  }

  redacted(secrets: SecretValues): CompileFailedError {
    return new CompileFailedError(redactError(this.record, secrets));
  }
}

/** The worker that compiled did not come to an end of it. */
export class CompileEndedError extends MlstackError {
  readonly code = 'PIPELINE_COMPILE_ENDED';
  constructor(what: string, hint: string) {
    super(`The pipeline cannot be compiled: ${what}.`, { hint });
  }
}

/** The code of a step is not what the plan was made from. */
export class StepCodeMismatchError extends MlstackError {
  readonly code = 'STEP_CODE_MISMATCH';
  override readonly kind = 'failure' as const;
  constructor(node: string, expected: string, found: string | undefined) {
    super(
      found === undefined
        ? `The pipeline's code has no step at "${node}", where the plan has "${expected}".`
        : `The pipeline's code has the step "${found}" at "${node}", where the plan has "${expected}".`,
      { hint: 'A pipeline must give the same steps each time it is described: let it depend on its parameters alone.' },
    );
  }
}

/** A step was given a bundle that is not the one of its request. */
export class StepCodeOtherError extends MlstackError {
  readonly code = 'STEP_CODE_OTHER';
  override readonly kind = 'failure' as const;
  constructor(node: string) {
    super(`The code that "${node}" was given is not the code of its run.`, {
      hint: 'Nothing was executed. This is a fault of what launched the step; please report it.',
    });
  }
}
