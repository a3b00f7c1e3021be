import { ValidationError } from '../errors/issue.ts';
import { quoteText } from '../name.ts';

const runNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

/** Fails with `ValidationError` for a name that a run cannot have. */
export function validateRunName(name: string): void {
  if (runNamePattern.test(name)) return;
  throw new ValidationError('The run', [
    {
      path: ['runName'],
      message: name === '' ? 'the name is empty' : `it cannot be named ${quoteText(name)}`,
      hint: 'Begin with a letter or digit, go on with letters, digits, "-", "_" and ".", at most 128 in all.',
    },
  ]);
}
