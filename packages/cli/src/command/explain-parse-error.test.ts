import { expect, test } from 'vitest';
import { CliSandbox } from '../testing/run-cli.ts';

test('what is wrong with a flag is told in words of mlstack', () => {
  const sandbox = new CliSandbox();
  const says = (...args: string[]) => {
    const { status, stderr } = sandbox.run(...args);
    expect(status).toBe(2);
    return stderr.split('\n')[0];
  };
  expect(says('runs', 'list', '--limit', '0')).toBe('✖ --limit takes an integer greater than or equal to 1, not 0.');
  expect(says('runs', 'list', '--limit', 'x')).toBe('✖ --limit takes an integer, not x.');
  expect(says('runs', 'list', '--state', 'done')).toBe(
    '✖ --state takes pending, running, waiting, completed, failed, cancelled, crashed, not "done".',
  );
  expect(says('runs', 'logs', '--attempt', '2')).toBe('✖ --attempt is for use with --step only.');
  expect(says('runs', 'list', '--pipline', 'x')).toBe('✖ `mlstack runs list` has no flag --pipline.');
});
