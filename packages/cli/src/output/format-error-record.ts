import type { ErrorRecord } from '@mlstack/core/project';

/** The error of a step with the causes behind it and its stack in the user's own files. */
export function formatErrorRecord(error: ErrorRecord | undefined): string[] {
  const lines: string[] = [];
  for (let one = error, depth = 0; one !== undefined && depth < 8; one = one.cause, depth++) {
    const prefix = depth === 0 ? '  ' : '  caused by ';
    const name = one.name || 'Error';
    const text = one.message === '' ? name : `${name === 'Error' ? '' : `${name}: `}${one.message}`;
    lines.push(...`${prefix}${text}`.split('\n').map((line, index) => (index === 0 ? line : `    ${line}`)));
    if (depth === 0) lines.push(...stackLines(one.stack));
    if (one.hint !== undefined) lines.push(`  → ${one.hint}`);
  }
  return lines;
}

function stackLines(stack: string | undefined): string[] {
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const own = frames.filter((line) => !line.includes('node_modules') && !line.includes('node:'));
  return (own.length > 0 ? own : frames).slice(0, 6).map((line) => `    ${line.trim()}`);
}
