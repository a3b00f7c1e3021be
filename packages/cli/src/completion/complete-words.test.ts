import { beforeAll, expect, test } from 'vitest';
import { CliSandbox } from '../testing/run-cli.ts';

const sandbox = new CliSandbox();
const complete = (...words: string[]) =>
  sandbox
    .run('complete', '--', ...words)
    .stdout.split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0]);

beforeAll(() => {
  sandbox.run('init');
  // A flavor whose code must not run while somebody types.
  sandbox.write('mlstack.config.ts', 'throw new Error("was run");');
});

test.each([
  [['st'], ['status', 'stack', 'step-operator']],
  [
    ['stack', 'de'],
    ['describe', 'delete'],
  ],
  [['stack', 'describe', ''], ['default']],
  [['stack', 'list', '--stack', ''], ['default']],
  [['stack', 'list', '--stack=d'], ['--stack=default']],
  [['artifact-store', 'describe', ''], ['default']],
  [['stack', 'register', 'x', '--artifact-store', 'd'], ['default']],
  [['artifact-store', 'register', 'x', '--flavor', ''], ['local']],
  [['artifact-store', 'flavor', 'r'], ['register']],
  [['run', 'pipe'], [':files']],
  [['completion', 'b'], ['bash']],
  [['--project', '.', 'stack', 'ren'], ['rename']],
  [['--stack', 'd'], ['default']],
  [['--json', '--stack=default', 'artifact-store', 'describe', ''], ['default']],
  [['nothing', 'here', ''], []],
])('%j is completed by %j', (words, candidates) => expect(complete(...words)).toEqual(candidates));

test('flags of a command come with those that all commands have', () => {
  expect(complete('stack', 'delete', 'x', '--')).toEqual([
    '--recursive',
    '--yes',
    '--project',
    '--stack',
    '--json',
    '--help',
  ]);
});
