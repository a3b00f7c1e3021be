import type { MaterializerReference } from '../artifact/artifact-record.ts';
import { escapeControls } from '../name.ts';
import { MlstackError } from './mlstack-error.ts';

export class OutputMissingError extends MlstackError {
  readonly code = 'OUTPUT_MISSING';
  override readonly kind = 'failure' as const;
  constructor(step: string, output: string) {
    super(`Step "${step}" returned no "${output}", which it declares as an output.`, {
      hint: 'Return an object with a value for each of its outputs.',
    });
  }
}

export class OutputInvalidError extends MlstackError {
  readonly code = 'OUTPUT_INVALID';
  override readonly kind = 'failure' as const;
  constructor(
    step: string,
    output: string,
    issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
  ) {
    const lines = issues
      .slice(0, 10)
      .map(({ path, message }) => `  ${[output, ...path].map(String).join('.')}: ${message}`);
    super(`Step "${step}" returned what its schema does not accept:\n${lines.join('\n')}`, {
      hint: 'Correct what the step returns, or the schema in its outputs.',
    });
  }
}

export class MaterializerMissingError extends MlstackError {
  readonly code = 'MATERIALIZER_MISSING';
  override readonly kind = 'failure' as const;
  constructor(step: string, input: string, { id, version }: MaterializerReference) {
    super(
      `The input "${input}" of step "${step}" was written by the materializer "${id}" (version ${version}), which its code does not have.`,
      { hint: 'Keep the materializer in the outputs of the step that produces it.' },
    );
  }
}

export class TemporaryFolderError extends MlstackError {
  readonly code = 'TEMPORARY_FOLDER_FAILED';
  override readonly kind = 'failure' as const;
  constructor(folder: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`No temporary folder can be made in ${escapeControls(`${folder}: ${reason}`)}`, {
      hint: 'Set TMPDIR to a folder in which this user may make others.',
    });
  }
}
