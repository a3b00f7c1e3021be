import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { describe, expect, onTestFinished, test } from 'vitest';
import { refuseAmbiguousFlags, takeConfigArguments, takeConfigKeys } from './config-arguments.ts';

const command = { flags: { flavor: Flags.string({ char: 'f' }), interactive: Flags.boolean({ char: 'i' }) } };
const take = (...argv: string[]) => takeConfigArguments(argv, command, new Set(['verbose']));

describe('fields of a flavor on a command line', () => {
  test('are what is no flag of the command', () => {
    expect(take('mine', '--flavor=local', '--path=./store', '--retry.attempts=3')).toEqual({
      entries: [
        { key: 'path', text: './store' },
        { key: 'retry.attempts', text: '3' },
      ],
      rest: ['mine', '--flavor=local'],
    });
  });

  test('may have their value behind them; a boolean needs none', () => {
    expect(take('--path', './store', '--verbose', 'mine', '--no-verbose').entries).toEqual([
      { key: 'path', text: './store' },
      { key: 'verbose', text: 'true' },
      { key: 'verbose', text: 'false' },
    ]);
    expect(take('--verbose', 'mine').rest).toEqual(['mine']);
  });

  test('named like a flag are written with config.', () => {
    const taken = take('mine', '--config.project=a', '--project', '/here');
    expect(taken).toEqual({ entries: [{ key: 'project', text: 'a' }], rest: ['mine', '--project', '/here'] });
    expect(() => refuseAmbiguousFlags(taken, command, ['project'])).not.toThrow();
  });

  test('are never taken for a flag silently', () => {
    expect(() => refuseAmbiguousFlags(take('mine', '--project=a'), command, ['project', 'path'])).toThrow(
      '--project is a flag of this command and a field of the flavor.',
    );
    expect(() => refuseAmbiguousFlags(take('mine', '--project=a'), command, ['path'])).not.toThrow();
  });

  test('are read from a file with @, and begin with @ where it is doubled', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlstack-cli-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'key.txt');
    writeFileSync(file, 'line 1\nline 2\n');
    expect(take(`--key=@${file}`, '--name=@@scope').entries).toEqual([
      { key: 'key', text: 'line 1\nline 2' },
      { key: 'name', text: '@scope' },
    ]);
    expect(() => take('--key=@/nowhere/at/all')).toThrow('--key=@/nowhere/at/all: there is no such file.');
  });

  test('without a value are an error', () => {
    expect(() => take('mine', '--path')).toThrow('--path has no value.');
  });

  test('are left alone behind --', () => {
    expect(take('--', '--path=x')).toEqual({ entries: [], rest: ['--', '--path=x'] });
  });
});

test('remove-attribute takes names of fields', () => {
  expect(takeConfigKeys(['mine', '--retry.attempts', '--project', '/here', '--config.stack'], command)).toEqual({
    keys: ['retry.attempts', 'stack'],
    rest: ['mine', '--project', '/here'],
  });
});
