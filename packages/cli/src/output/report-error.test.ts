import { stripVTControlCharacters } from 'node:util';
import { MlstackError, ValidationError } from '@mlstack/core/project';
import { expect, test } from 'vitest';
import { UsageError } from '../command/usage-error.ts';
import { describeError, formatError } from './report-error.ts';

const show = (error: unknown) => stripVTControlCharacters(formatError(describeError(error).document));

class LostError extends MlstackError {
  readonly code = 'LOST';
  override readonly kind = 'failure' as const;
}

test('an error says what happened and what to do next', () => {
  expect(show(new UsageError('It went wrong.', { hint: 'Do it right.' }))).toBe('✖ It went wrong.\n→ Do it right.\n');
});

test('what a message quotes cannot move the cursor', () => {
  const error = new UsageError('No file "\u001b[2J".', { hint: 'Try\u0007 another.' });
  expect(formatError(describeError(error).document)).toContain('No file "␛[2J".');
  expect(formatError(describeError(error).document)).toContain('Try␇ another.');
});

test('the kind of an error decides the exit code', () => {
  expect(describeError(new UsageError('a')).exitCode).toBe(2);
  expect(describeError(new LostError('a')).exitCode).toBe(1);
  expect(describeError(new TypeError('a')).exitCode).toBe(1);
});

test('what a signal has ended is no bug', () => {
  const { document, exitCode, isBug } = describeError(AbortSignal.abort().reason);
  expect([document.error.code, exitCode, isBug]).toEqual(['INTERRUPTED', 130, false]);
});

test('each of several issues is told with what to do about it', () => {
  const error = new ValidationError('Stack "x"', [
    { path: ['orchestrator'], message: 'is missing', hint: 'Name one.' },
    { path: ['artifact-store'], message: 'is missing', hint: 'Name another.' },
  ]);
  expect(show(error)).toBe(`✖ Stack "x" is not valid:
  orchestrator: is missing
  → Name one.
  artifact-store: is missing
  → Name another.
→ Correct each of these and try again.
`);
  expect(describeError(error).document.error.issues).toHaveLength(2);
});

test('an error that nobody foresaw says that it is a bug and how to report it', () => {
  const { document, isBug } = describeError(new TypeError('x is undefined'));
  expect(isBug).toBe(true);
  expect(document.error).toMatchObject({ code: 'INTERNAL_ERROR', hint: expect.stringContaining('issues') });
});

test('a full disk is no bug', () => {
  const { isBug, document } = describeError(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' }));
  expect(isBug).toBe(false);
  expect(document.error.hint).toMatch(/Free some space/);
});
