import { describe, expect, test } from 'vitest';
import { CliSandbox } from './testing/run-cli.ts';

describe('the command line', () => {
  test('hands over to the copy that the project depends on', () => {
    const sandbox = new CliSandbox();
    sandbox.write('package.json', { devDependencies: { '@mlstack/cli': '*' } });
    sandbox.write('node_modules/@mlstack/cli/package.json', { type: 'module' });
    sandbox.write(
      'node_modules/@mlstack/cli/dist/index.js',
      `export const main = (argv) => console.log('copy', ...argv);`,
    );
    expect(sandbox.run('stack', 'list').stdout).toBe('copy stack list\n');
    expect(sandbox.run('complete', '--', 'st').stdout).toMatch(/^status\t/);
  });

  test('does not run a copy that nothing depends on', () => {
    const sandbox = new CliSandbox();
    sandbox.write('node_modules/@mlstack/cli/package.json', { type: 'module' });
    sandbox.write('node_modules/@mlstack/cli/dist/index.js', `export const main = () => console.log('copy');`);
    expect(sandbox.run('--version').stdout).toMatch(/^mlstack\/\d/);
  });

  test('asks nobody where there is no terminal, and changes nothing', () => {
    const sandbox = new CliSandbox();
    sandbox.run('init');
    sandbox.run('stack', 'copy', 'default', 'other');
    const refused = sandbox.run('stack', 'delete', 'other');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toBe(
      '✖ Delete stack "other"? Nobody can answer: this is no terminal.\n→ Repeat the command with --yes.\n',
    );
    expect(sandbox.run('stack', 'list').stdout).toContain('other');
    expect(sandbox.run('stack', 'delete', 'other', '--yes').status).toBe(0);
  });

  test('suggests the flag that was meant where there is no command', () => {
    const { status, stderr } = new CliSandbox().run('--verison');
    expect([status, stderr]).toEqual([2, '✖ `mlstack` has no flag --verison.\n→ Did you mean `--version`?\n']);
  });

  test('prints one document with --json, also of an error', () => {
    const sandbox = new CliSandbox();
    sandbox.run('init');
    expect(JSON.parse(sandbox.run('stack', 'list', '--json').stdout)).toEqual({
      version: 1,
      stacks: [
        {
          name: 'default',
          active: true,
          components: { orchestrator: 'default', 'artifact-store': 'default', 'metadata-store': 'default' },
        },
      ],
    });
    const failed = sandbox.run('stack', 'describe', 'defalt', '--json');
    expect(failed.status).toBe(2);
    expect(JSON.parse(failed.stdout)).toEqual({
      error: {
        code: 'STACK_NOT_FOUND',
        message: 'There is no stack "defalt" in this project.',
        hint: 'Did you mean "default"?',
      },
    });
  });

  test('takes global flags before the command, too', () => {
    const sandbox = new CliSandbox();
    sandbox.run('init', '--path', 'inner');
    expect(JSON.parse(sandbox.run('--json', '--project', 'inner', 'stack', 'get').stdout).stack.name).toBe('default');
  });
});
