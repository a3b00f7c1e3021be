import { escapeControls } from '../name.ts';
import { MlstackError } from './mlstack-error.ts';

/** One thing that is wrong with an input. Validation returns all of them at once. */
export interface Issue {
  /** Where in the input, outermost first: `['components', 'artifact-store', 'path']`. Empty for the whole. */
  readonly path: readonly (string | number)[];
  /** What is wrong, as a sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Several issues of one input, told together. */
export class ValidationError extends MlstackError {
  readonly code = 'VALIDATION_FAILED';
  readonly issues: readonly Issue[];

  /** @param subject what was validated, as in `artifact store "prod"`. */
  constructor(
    subject: string,
    issues: readonly Issue[],
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(`${escapeControls(subject)} is not valid:\n${issues.map(issueLine).join('\n')}`, {
      hint:
        options.hint ??
        issues.find((issue) => issue.hint !== undefined)?.hint ??
        'Correct each of these and try again.',
      cause: options.cause,
    });
    this.issues = issues;
  }
}

function issueLine({ path, message }: Issue): string {
  return path.length === 0 ? `  ${message}` : `  ${escapeControls(path.join('.'))}: ${message}`;
}
