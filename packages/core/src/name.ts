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
