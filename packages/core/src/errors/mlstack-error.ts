/** Shared by every copy of `@mlstack/core` in a process, so that `MlstackError.is` survives duplicate installs. */
const marker: unique symbol = Symbol.for('mlstack.error') as never;

export interface MlstackErrorOptions {
  /** One or two sentences that tell the reader what to do next. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * What a user is meant to read. `message` says what happened and where, `hint` says the next action.
 *
 * `kind` decides the exit code of a command: `input` (2, what the user gave was wrong and nothing was changed), `failure`
 * (1, the work failed), `interrupted` (130).
 */
export abstract class MlstackError extends Error {
  /** Stable, in SCREAMING_SNAKE_CASE: programs match on it. */
  abstract readonly code: string;
  readonly kind: 'input' | 'failure' | 'interrupted' = 'input';
  readonly hint: string | undefined;

  constructor(message: string, { hint, cause }: MlstackErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.hint = hint;
    Object.defineProperty(this, marker, { value: true });
  }

  static is(error: unknown): error is MlstackError {
    return typeof error === 'object' && error !== null && marker in error;
  }
}
