import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { processesOf } from './processes-of.ts';
import type { Block } from './typed-page.ts';
import { blocksOf, projectFor, scriptOf, type } from './typed-page.ts';
import { createUserFolder, openUserProject } from './user-project.ts';

test('a beginner gets through docs/start.md as it is written, and the README installs the same way', {
  timeout: 300_000,
}, async () => {
  const blocks = blocksOf('docs/start.md');
  const [install, , run] = blocks as [Block, Block, Block];
  const code = blocks.find(({ language }) => language === 'ts')?.text ?? '';
  const user = openUserProject(createUserFolder());
  const script = `${scriptOf([install])}\ncat > pipeline.ts <<'END'\n${code}END\n${scriptOf([run])}`;
  const shown = await type(user, script);
  expect(shown).toMatch(/means-\d+-\d+ completed/);
  expect(shown).toMatch(/load: same code, parameters and inputs as in run means-\d.*parameter digits: 2 → 0/s);
  expect(typeErrorsIn(user.directory, 'digits/pipeline.ts')).toEqual('');
  user.write('digits/tsconfig.json', blocks.find(({ language }) => language === 'json')?.text ?? '');
  expect(compilerSays(user.directory, '--project', 'digits')).toEqual('');
  user.write('digits/pipeline.ts', code.replace('[1, 2, 3, 4]', "['one']"));
  expect(compilerSays(user.directory, '--project', 'digits')).toContain("'string' is not assignable to type 'number'");
  const inReadme = blocksOf('README.md').find(({ text }) => text.includes('npm install'));
  const lines = (text = '') =>
    text.split('\n').filter((line) => /^(npm install|npx mlstack (init|run pipeline))/.test(line));
  expect(lines(install.text + run.text)).toEqual(expect.arrayContaining(lines(inReadme?.text)));
});

test.each(['docs/run-a-pipeline.md', 'docs/stacks.md', 'docs/write-a-flavor.md'])(
  'the commands of %s work as they are written',
  { timeout: 300_000 },
  async (file) => {
    const blocks = blocksOf(file);
    const user = projectFor(blocks);
    const script = scriptOf(blocks).replaceAll('/mnt/', `${user.directory}/mnt/`);
    await type(user, script);
    for (const end = Date.now() + 60_000; processesOf(user).length > 0 && Date.now() < end; )
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect(processesOf(user)).toEqual([]);
  },
);

test('the flavor of docs/write-a-flavor.md has the types it needs, and pipelines run on it', {
  timeout: 300_000,
}, () => {
  const user = projectFor(blocksOf('docs/write-a-flavor.md'));
  expect(typeErrorsIn(user.directory, 'custom.ts', 'pipeline.ts')).toEqual('');
  user.succeed('artifact-store', 'flavor', 'register', './custom.ts#custom');
  user.succeed('artifact-store', 'register', 'mine', '--flavor=custom', '--path=./store');
  user.succeed('stack', 'register', 'mine', '-o', 'default', '-a', 'mine', '-m', 'default', '--set');
  expect(user.succeed('run', 'pipeline.ts')).toContain('2 succeeded');
  expect(user.succeed('run', 'pipeline.ts')).toContain('2 cached');
  const [artifact] = user.ask('artifacts', 'list').artifacts;
  expect(user.succeed('artifacts', 'get', artifact.id)).toBe('15');
  user.succeed('runs', 'delete', user.ask('runs', 'list').runs[0].name, '--yes');
  user.succeed('artifacts', 'prune', '--yes');
});

/** What the compiler says of a project's files with the usual strict settings, for Node and for bundlers. */
function typeErrorsIn(directory: string, ...files: readonly string[]): string {
  const usual = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2023', '--types', 'node'];
  return (
    compilerSays(directory, ...usual, '--module', 'nodenext', ...files) +
    compilerSays(directory, ...usual, '--module', 'esnext', '--moduleResolution', 'bundler', ...files)
  );
}

/** Nothing where all is well. */
function compilerSays(directory: string, ...args: readonly string[]): string {
  const modules = join(import.meta.dirname, '../node_modules');
  const compiler = [join(modules, 'typescript/bin/tsc'), '--typeRoots', join(modules, '@types')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...compiler, ...args], {
    cwd: directory,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stdout + stderr;
}

test('every page is typed here or in docs.integration.test.ts', () => {
  const withServers = ['docs/kubernetes.md', 'docs/s3.md'];
  const typed = ['docs/run-a-pipeline.md', 'docs/stacks.md', 'docs/start.md', 'docs/write-a-flavor.md'];
  const pages = readdirSync(join(import.meta.dirname, '../docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  const commanding = pages.filter((page) => blocksOf(page).some(({ language }) => language === 'sh'));
  expect(commanding.toSorted()).toEqual([...withServers, ...typed].toSorted());
});
