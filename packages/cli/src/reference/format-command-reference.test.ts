import { globSync } from 'node:fs';
import { join, sep } from 'node:path';
import { expect, test } from 'vitest';
import { listCommandEntries } from '../host/command-index.ts';
import { formatCommandReference } from './format-command-reference.ts';

const source = join(import.meta.dirname, '..');

test('docs/commands.md says what the commands are', async () => {
  await expect(await formatCommandReference()).toMatchFileSnapshot(join(source, '../../../docs/commands.md'));
});

test('every file of a command is listed', () => {
  const files = globSync('**/*.ts', { cwd: join(source, 'commands') }).map((file) =>
    file.replace(/\.ts$/, '').split(sep).join(':'),
  );
  const ids = listCommandEntries().flatMap(({ id, componentType }) => (componentType === undefined ? [id] : []));
  expect(files.sort()).toEqual(ids.sort());
});

test('the ten component types have the same commands', () => {
  const byType = Map.groupBy(
    listCommandEntries().filter(({ componentType }) => componentType !== undefined),
    ({ componentType }) => componentType,
  );
  const verbs = [...byType].map(([type, entries]) => entries.map(({ id }) => id.replace(`${type}:`, '')).join(' '));
  expect(verbs).toHaveLength(10);
  expect(new Set(verbs).size).toBe(1);
});
