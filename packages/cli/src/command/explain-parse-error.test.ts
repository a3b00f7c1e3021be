import { expect, test } from 'vitest';
import { CliSandbox } from '../testing/run-cli.ts';

test('what is wrong with a flag is told in words of mlstack', () => {
  const sandbox = new CliSandbox();
  const says = (...args: string[]) => {
    const { status, stderr } = sandbox.run(...args);
    expect(status).toBe(2);
    return stderr.split('\n')[0];
  };
  expect(says('runs', 'list', '--limit', '0')).toBe('✖ --limit takes an integer greater than or equal to 1, not "0".');
  expect(says('runs', 'list', '--limit', 'x')).toBe('✖ --limit takes an integer, not "x".');
  expect(says('runs', 'list', '--state', 'done')).toBe(
    '✖ --state takes pending, running, waiting, completed, failed, cancelled, crashed, not "done".',
  );
  expect(says('runs', 'logs', '--attempt', '2')).toBe('✖ --attempt is for use with --step only.');
  expect(says('run', 'x.ts', '--plan', '--detach')).toBe('✖ --plan and --detach exclude each other.');
  expect(says('runs', 'list', '--pipline', 'x')).toBe('✖ `mlstack runs list` has no flag --pipline.');
});

test('what the command line was given is shown on one line, whatever is in it', () => {
  const sandbox = new CliSandbox();
  sandbox.run('init');
  sandbox.write('two.ts', '');
  const strange = 'a\nb\u202e';
  const shown = 'a\\nb\\u202e';
  for (const args of [
    [strange],
    ['stack', strange],
    ['run', strange],
    ['run', 'two.ts', '--config', strange],
    ['run', 'two.ts', '--param', strange],
    ['stack', 'import', strange],
    ['stack', 'export', 'default', `nowhere/${strange}`],
    ['status', '--project', strange],
    ['artifact-store', 'register', 'x', '--flavor=local', `--${strange}`],
    ['artifact-store', 'register', 'x', '--flavor=local', `--path=@${strange}`],
    ['artifact-store', 'remove-attribute', 'default', `--${strange}`],
    ['artifact-store', 'flavor', 'register', strange],
    ['integration', 'install', strange],
    ['runs', 'list', '--limit', strange],
    ['completion', strange],
  ]) {
    const { status, stderr } = sandbox.run(...args);
    expect(status, args.join(' ')).toBe(2);
    expect(stderr, args.join(' ')).toContain(shown);
    expect(stderr, args.join(' ')).toMatch(/^✖ .*\n( {2}.*\n)*→ .*\n$/);
  }
}, 120_000);

test('a flag of every command that stands alone is not taken for a mistyped one', () => {
  const sandbox = new CliSandbox();
  expect(sandbox.run('--project=here').stderr).toBe(
    '✖ `mlstack --project=here` needs a command.\n→ See `mlstack --help`.\n',
  );
  expect(JSON.parse(sandbox.run('--json').stdout).error.message).toBe('`mlstack --json` needs a command.');
  expect(sandbox.run('--jsn').stderr).toContain('Did you mean `--json`?');
});

test('a document that came through standard input is called that', () => {
  const sandbox = new CliSandbox();
  sandbox.run('init');
  expect(sandbox.run('stack', 'import', '-').stderr).toMatch(
    /^✖ The standard input cannot be read:\n {2}it is not an object\n/,
  );
});
