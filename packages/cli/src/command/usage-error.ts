import { escapeControls, MlstackError } from '@mlstack/core/project';

/** The command line itself is wrong. Nothing was done. */
export class UsageError extends MlstackError {
  readonly code: string = 'USAGE';
}

export class CommandNotFoundError extends UsageError {
  override readonly code = 'COMMAND_NOT_FOUND';
  constructor(words: string, hint: string) {
    super(`There is no command \`mlstack ${escapeControls(words)}\`.`, { hint });
  }
}

/** A question would have to be asked, and nobody is there to answer it. */
export class NoTerminalError extends UsageError {
  override readonly code = 'NO_TERMINAL';
  constructor(question: string, hint: string) {
    super(`${question} Nobody can answer: this is no terminal.`, { hint });
  }
}

/** The person said no, or pressed Ctrl-C at a question. Nothing was changed. */
export class InterruptedError extends MlstackError {
  readonly code = 'INTERRUPTED';
  override readonly kind = 'interrupted' as const;
  constructor() {
    super('Cancelled; nothing was changed.');
  }
}
