import type { Location, Message } from 'esbuild';
import type { SourcePlace } from '../errors/bundle-errors.ts';
import { BundleError } from '../errors/bundle-errors.ts';

/** What esbuild throws. Anything else is not its verdict on the code and is passed on. */
export function isBuildFailure(error: unknown): error is Error & { readonly errors: readonly Message[] } {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors);
}

/** @param file as the user named it. */
export function bundleErrorOf(file: string, messages: readonly Message[]): BundleError {
  return new BundleError(
    file,
    messages.map(({ text, location }) => ({
      message: text,
      ...(location === null ? {} : { place: sourcePlaceOf(location) }),
    })),
    messages.some(({ text }) => text.startsWith('Could not resolve'))
      ? 'Install the package that is missing with the package manager of your project, or correct the path.'
      : undefined,
  );
}

function sourcePlaceOf({ file, line, column, lineText }: Location): SourcePlace {
  return { file, line, column: column + 1, lineText: lineText.trimEnd() };
}
