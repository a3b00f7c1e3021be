import { beforeAll, describe, expect, test } from 'vitest';
import { CliSandbox } from '../testing/run-cli.ts';

const sandbox = new CliSandbox();

interface Fixture {
  readonly name: string;
  readonly commands: Readonly<Record<string, string>>;
  readonly manifest?: object | false;
  readonly oclif?: object;
}

/** A flavor package with commands, each of which prints a text. */
function install({ name, commands, manifest, oclif }: Fixture): void {
  const folder = `node_modules/${name}`;
  const listed = Object.keys(commands).map((id) => [
    id,
    {
      id,
      summary: `Do ${id}`,
      aliases: [],
      args: {},
      flags: {},
      isESM: true,
      relativePath: ['commands', `${id.replaceAll(':', '/')}.js`],
    },
  ]);
  sandbox.write(`${folder}/package.json`, {
    name,
    version: '1.0.0',
    type: 'module',
    mlstack: { manifestVersion: 1, flavors: [] },
    oclif: { commands: './commands', topicSeparator: ' ', ...oclif },
  });
  for (const [id, source] of Object.entries(commands))
    sandbox.write(`${folder}/commands/${id.replaceAll(':', '/')}.js`, source);
  if (manifest !== false) {
    sandbox.write(
      `${folder}/oclif.manifest.json`,
      manifest ?? { version: '1.0.0', commands: Object.fromEntries(listed) },
    );
  }
}

const printing = (text: string) =>
  `import { Command } from '@oclif/core';
   export default class Printing extends Command { async run() { this.log(${JSON.stringify(text)}); } }`;
const throwing = `throw new Error('the package is broken');`;

beforeAll(() => {
  install({ name: 'mlstack-flavor-good', commands: { 'good:hello': printing('hello from good') } });
  install({
    name: 'mlstack-flavor-hooked',
    commands: { 'hooked:hello': printing('hello') },
    oclif: { hooks: { init: './hook.js', prerun: './hook.js' } },
  });
  sandbox.write('node_modules/mlstack-flavor-hooked/hook.js', `export default () => { console.log('HOOK'); };`);
  install({ name: 'mlstack-flavor-broken', commands: { 'broken:hello': throwing } });
  install({ name: 'mlstack-flavor-bare', commands: { 'bare:hello': printing('hello') }, manifest: false });
  install({
    name: 'mlstack-flavor-old',
    commands: { 'old:hello': printing('hello') },
    manifest: { version: '0.9.0', commands: {} },
  });
  install({ name: 'mlstack-flavor-greedy', commands: { 'stack:list': printing('not yours') } });
  install({ name: 'mlstack-flavor-thief', commands: { 'good:steal': printing('stolen') } });
  sandbox.write('node_modules/mlstack-flavor-torn/package.json', '{"name": "mlstack-flavor-torn", "mlstack": ');
  const names = ['good', 'hooked', 'broken', 'bare', 'old', 'greedy', 'thief', 'torn'];
  sandbox.write('package.json', {
    dependencies: Object.fromEntries(names.map((name) => [`mlstack-flavor-${name}`, '*'])),
  });
  sandbox.run('init');
});

describe('commands of installed packages', () => {
  test('are listed without running their code, and what cannot be used is named with the reason', () => {
    const { status, stdout, stderr } = sandbox.run('--help');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/INSTALLED\n {2}good +.*\n {2}hooked +.*\n {2}broken +/);
    expect(stdout).toContain('mlstack-flavor-bare: its commands are unavailable: it ships no oclif.manifest.json');
    expect(stdout).toContain(
      'mlstack-flavor-old: its commands are unavailable: its oclif.manifest.json is of version 0.9.0',
    );
    expect(stdout).toContain('mlstack-flavor-greedy: its commands are left out: "stack" belongs to mlstack itself');
    expect(stdout).toContain('mlstack-flavor-thief: its commands are left out: "good"');
  });

  test('run', () => {
    const { status, stdout, stderr } = sandbox.run('good', 'hello');
    expect(stdout, stderr).toBe('hello from good\n');
    expect(status).toBe(0);
  });

  test('run without the hooks of any package', () => {
    expect(sandbox.run('hooked', 'hello').stdout).toBe('hello\n');
  });

  test('that are broken say so and break nothing else', () => {
    const broken = sandbox.run('broken', 'hello');
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain('the package is broken');
    expect(sandbox.run('stack', 'list').stdout).toContain('default');
  });

  test('that are unavailable say why', () => {
    const { status, stderr } = sandbox.run('bare', 'hello');
    expect(status).toBe(2);
    expect(stderr).toContain('→ mlstack-flavor-bare: its commands are unavailable');
  });

  test('are told by status, too', () => {
    const { problems } = JSON.parse(sandbox.run('status', '--json').stdout);
    expect(problems.join('\n')).toContain('mlstack-flavor-greedy');
  });
});
