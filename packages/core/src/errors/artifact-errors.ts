import { MlstackError } from './mlstack-error.ts';

/** A value that no built-in materializer takes, or not the one that was declared for it. */
export class ValueNotStorableError extends MlstackError {
  readonly code = 'VALUE_NOT_STORABLE';
  override readonly kind = 'failure' as const;
  readonly place: string;
  readonly what: string;

  /**
   * @param place where in the value, as in `layers[2].weights`; empty for the whole.
   * @param what what is there, as in `an instance of Tensor`.
   * @param options `subject`: whose value, as in `Output "model" of step "train"`.
   */
  constructor(
    place: string,
    what: string,
    options: { readonly subject?: string; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    const { subject = 'A value', cause, hint = materializerHint } = options;
    super(`${subject} cannot be stored: ${place === '' ? 'it' : shortenPlace(place)} is ${what}.`, { hint, cause });
    this.place = place;
    this.what = what;
  }
}

/** The same error, saying whose value it is. */
export function nameSubject(
  { place, what, hint, cause }: ValueNotStorableError,
  subject: string,
): ValueNotStorableError {
  return new ValueNotStorableError(place, what, { subject, cause, ...(hint === undefined ? {} : { hint }) });
}

/** Two files of an artifact have one name where they are to be written: a file system that knows no case, as macOS and Windows have. */
export class FileNamesCollideError extends MlstackError {
  readonly code = 'FILE_NAMES_COLLIDE';
  override readonly kind = 'failure' as const;

  constructor(name: string, cause: unknown) {
    super(`Its file ${JSON.stringify(name)} has the name of another of its files on this machine's file system.`, {
      cause,
      hint: 'Read it where names that differ in case alone are kept apart, or store the files under other names.',
    });
  }
}

const materializerHint =
  'Return plain values, or name a materializer in the outputs of the step: tensorflowModel, arrowTable, or your own by defineMaterializer.';

function shortenPlace(place: string): string {
  return place.length <= 120 ? place : `${place.slice(0, 60)}…${place.slice(-60)}`;
}
