import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUserProject } from './user-project.ts';

const fixtures = join(import.meta.dirname, 'fixtures');

test('a new user gets from an empty folder to a run on a store of their own', () => {
  const user = createUserProject();
  user.succeed('init');
  expect(user.succeed('stack', 'list')).toContain('default');
  expect(user.succeed('artifact-store', 'flavor', 'list')).toContain('@mlstack/flavor-local');
  user.succeed('artifact-store', 'register', 'mine', '--flavor=local', '--path=./store');

  copyFileSync(join(fixtures, 'custom.ts'), join(user.directory, 'custom.ts'));
  user.succeed('artifact-store', 'flavor', 'register', './custom.ts#custom');
  user.succeed('artifact-store', 'register', 'own', '--flavor=custom', '--path=./own');
  user.succeed('stack', 'register', 'own', '-o', 'default', '-a', 'own', '-m', 'default');
  user.succeed('stack', 'set', 'own');

  copyFileSync(join(fixtures, 'chain.ts'), join(user.directory, 'chain.ts'));
  user.succeed('run', 'chain.ts', '--run-name', 'first', '--param', 'length=2');
  expect(user.succeed('runs', 'describe', 'first')).toContain('link_5');
  expect(user.ask('runs', 'describe', 'first').run).toMatchObject({ state: 'completed', stack: 'own' });
  const { artifacts } = user.ask('artifacts', 'list', '--run', 'first');
  expect(artifacts).toHaveLength(5);
  const last = artifacts.find(({ nodeId }: { nodeId: string }) => nodeId === 'link_5');
  expect(user.succeed('artifacts', 'lineage', last.id)).toContain('link_3');
  expect(user.succeed('runs', 'logs', 'first', '--step', 'link_5')).toContain('link 4');

  const before = user.read('ran.txt');
  user.succeed('run', 'chain.ts', '--run-name', 'second', '--param', 'length=2');
  expect(user.read('ran.txt')).toBe(before);
  expect(user.ask('runs', 'describe', 'second').run.counts).toEqual({ cached: 5 });
});

test('an artifact of one file that has a name of its own is written as that file', () => {
  const user = createUserProject();
  user.succeed('init');
  user.write(
    'plot.ts',
    "import { pipeline, step, textFile } from '@mlstack/core';\nconst plot = step({ name: 'plot', outputs: { picture: textFile('plot.svg') }, run: () => ({ picture: '<svg/>' }) });\nexport default pipeline('plot', () => plot());\n",
  );
  user.succeed('run', 'plot.ts');
  const [artifact] = user.ask('artifacts', 'list').artifacts;
  user.succeed('artifacts', 'get', artifact.id, 'picture.svg');
  expect(user.read('picture.svg')).toBe('<svg/>');
});

test('what mlstack.config says of every run holds until the command line says otherwise', () => {
  const user = createUserProject();
  user.succeed('init');
  copyFileSync(join(fixtures, 'chain.ts'), join(user.directory, 'chain.ts'));
  user.write(
    'mlstack.config.yaml',
    'run:\n  params: { length: 2, ms: 1 }\n  steps:\n    link: { settings: { timeoutMs: 60000 } }\n',
  );
  const { plan } = user.ask('run', 'chain.ts', '--plan');
  expect(plan.nodes).toHaveLength(5);
  expect(plan.nodes[0].settings.timeoutMs).toBe(60_000);
  expect(user.ask('run', 'chain.ts', '--plan', '--param', 'length=1').plan.nodes).toHaveLength(3);
  user.write('mlstack.config.yaml', 'run:\n  stpes: {}\n');
  const { status, stderr } = user.mlstack('run', 'chain.ts');
  expect(status).toBe(2);
  expect(stderr).toMatch(/stpes.*steps/s);
});
