import type { Issue } from './errors/issue.ts';

/**
 * Names of pipelines, steps, stacks and components: they begin with a letter, go on with letters, digits, `_` and `-`, and
 * have at most 63 characters. Two names that differ in case alone are the same name.
 */
export const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

export function isName(text: string): boolean {
  return namePattern.test(text);
}

/** The form in which names are compared. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

/** What is wrong with a name that a person chose. `subject` as in `The name of a stack`. */
export function validateName(subject: string, name: string): Issue[] {
  if (isName(name)) return [];
  const problem = name === '' ? 'is empty' : `cannot be ${quoteText(name)}`;
  return [
    {
      path: [],
      message: `${subject} ${problem}`,
      hint: 'Begin with a letter, go on with letters, digits, "-" and "_", at most 63 in all.',
    },
  ];
}

/** Text of unknown origin as part of a sentence: in quotes, on one line, not longer than a line. */
export function quoteText(text: string): string {
  return escapeControls(JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what this is about
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A path or a command as part of a sentence: whole, and on one line. */
export function escapeControls(text: string): string {
  return text.replace(controls, (control) => {
    const escaped = JSON.stringify(control).slice(1, -1);
    return escaped === control ? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}
