import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const marks: Readonly<Record<string, readonly [mark: string, style: Style]>> = {
  pending: ['○', 'dim'],
  running: ['●', 'cyan'],
  waiting: ['◌', 'yellow'],
  succeeded: ['✔', 'green'],
  completed: ['✔', 'green'],
  cached: ['↺', 'blue'],
  failed: ['✖', 'red'],
  crashed: ['✖', 'red'],
  cancelled: ['■', 'yellow'],
  skipped: ['–', 'dim'],
  ready: ['✔', 'green'],
  'not-provisioned': ['○', 'yellow'],
  suspended: ['◌', 'yellow'],
  ok: ['✔', 'green'],
  warning: ['!', 'yellow'],
  problem: ['✖', 'red'],
  changed: ['✔', 'green'],
  unchanged: ['–', 'dim'],
  'not-applicable': ['–', 'dim'],
};

/** One character that stands for a state, coloured where colours are wanted. */
export function stateMark(state: string, stream: NodeJS.WritableStream = process.stdout): string {
  const [mark, style] = marks[state] ?? ['?', 'dim'];
  return styleText(style, mark, { stream });
}

/** The mark and the word. */
export function markedState(state: string): string {
  return `${stateMark(state)} ${state.replace('-', ' ')}`;
}
