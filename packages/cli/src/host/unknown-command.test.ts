import { expect, test } from 'vitest';
import { listCommandEntries } from './command-index.ts';
import { unknownCommand } from './unknown-command.ts';

const ids = listCommandEntries().map(({ id }) => id);

test.each([
  ['stakc list', '`mlstack stack list`'],
  ['stack lst', '`mlstack stack list`'],
  ['artifact-stor list', '`mlstack artifact-store list`'],
  ['rn pipeline.ts', '`mlstack run`'],
])('`%s` suggests %s', (typed, suggestion) => {
  expect(unknownCommand(typed.split(' '), ids).hint).toContain(suggestion);
});

test('what is like nothing points to help', () => {
  expect(unknownCommand(['xyzzyx'], ids).hint).toBe('See `mlstack --help`.');
});
