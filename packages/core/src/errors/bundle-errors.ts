import { escapeControls } from '../name.ts';
import { MlstackError } from './mlstack-error.ts';

/** A place in a source file, as editors open it: `src/steps.ts:12:39`. */
export interface SourcePlace {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  readonly lineText: string;
}

/** User code that cannot be bundled: it does not parse, imports what is not there, or needs what cannot be carried. */
export class BundleError extends MlstackError {
  readonly code = 'CODE_NOT_BUNDLED';
  readonly problems: readonly { readonly message: string; readonly place?: SourcePlace }[];

  /** @param file what was to be bundled. */
  constructor(
    file: string,
    problems: readonly { readonly message: string; readonly place?: SourcePlace }[],
    hint = 'Correct the code and run it again.',
  ) {
    super(`${escapeControls(file)} cannot be loaded:\n${problems.map(problemText).join('\n')}`, { hint });
    this.problems = problems;
  }
}

function problemText({ message, place }: { readonly message: string; readonly place?: SourcePlace }): string {
  if (place === undefined) return `  ${message}`;
  const marker = `${' '.repeat(Math.max(0, place.column - 1))}^`;
  return `  ${place.file}:${place.line}:${place.column}: ${message}\n      ${place.lineText}\n      ${marker}`;
}

/** There is no such module to load. */
export class ModuleFileError extends MlstackError {
  readonly code = 'MODULE_NOT_FOUND';
  constructor(file: string, reason: 'missing' | 'not-a-file' | 'not-readable') {
    const shown = escapeControls(file);
    const reasons = {
      missing: `There is no file ${shown}.`,
      'not-a-file': `${shown} is not a file.`,
      'not-readable': `${shown} cannot be read.`,
    };
    super(file === '' ? 'The name of the file to run is empty.' : reasons[reason], {
      hint: 'Name a TypeScript or JavaScript file, as in `mlstack run ./pipeline.ts`.',
    });
  }
}

/** What executes steps on other machines could not be built, read or packed. */
export class CodeNotPublishedError extends MlstackError {
  readonly code = 'CODE_NOT_PUBLISHED';
  override readonly kind = 'failure' as const;
  constructor(store: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`The code of the run cannot be put into artifact store "${store}": ${reason}`, {
      cause,
      hint: 'Install the packages of the project again, look whether its disk has room, and run the pipeline again.',
    });
  }
}
