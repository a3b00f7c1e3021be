import { stateMark } from './state-mark.ts';

interface ShownIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string;
}

/** Each issue on a line, with what to do about it under it. */
export function formatIssues(issues: readonly ShownIssue[]): string {
  return issues
    .map(({ path, message, hint }) => {
      const where = path.length === 0 ? '' : `${path.join('.')}: `;
      return `  ${stateMark('problem')} ${where}${message}${hint === undefined ? '' : `\n    → ${hint}`}`;
    })
    .join('\n');
}
