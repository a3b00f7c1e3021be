import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { UserProject } from './user-project.ts';
import { answerOf, createUserFolder, createUserProject } from './user-project.ts';

/** What a command loads, modules of Node's among it, by what runs it in a project of its own. */
function modulesOf(...args: string[]): string[] {
  return recordModules().modulesOf(...args);
}

function recordModules(): { readonly user: UserProject; modulesOf(...args: string[]): string[] } {
  const loaded = join(createUserFolder(), 'loaded.txt');
  const recorder = `import { registerHooks } from 'node:module';
    import { appendFileSync } from 'node:fs';
    const note = (url) => appendFileSync(${JSON.stringify(loaded)}, url + '\\n');
    registerHooks({ load(url, context, next) { note(url); return next(url, context); } });
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (id) => { note(id); return getBuiltinModule(id); };`;
  const preload = `data:text/javascript,${encodeURIComponent(recorder)}`;
  const user = createUserProject({ NODE_OPTIONS: `--import=${JSON.stringify(preload)}`, HOME: createUserFolder() });
  user.succeed('init');
  return {
    user,
    modulesOf: (...args) => {
      writeFileSync(loaded, '');
      user.succeed(...args);
      return readFileSync(loaded, 'utf8').trim().split('\n');
    },
  };
}

/** Packages, modules of Node's and parts of core that take longer to load than these commands may. */
function heavyOf(modules: readonly string[]): string[] {
  const packages = /\/node_modules\/(zod|esbuild|yaml|cosmiconfig)\//;
  const builtIn = /^node:(sqlite|crypto|child_process|net|worker_threads)$/;
  const parts = /\/core\/dist\/(zod|step|run|worker-process|assemble-bundle|flavor)\b/;
  return modules.filter((url) => [packages, builtIn, parts].some((pattern) => pattern.test(url)));
}

for (const args of [['--version'], ['--help'], ['stack', 'list']]) {
  test(`${args.join(' ')} loads nothing that validates, bundles, stores or runs, and few files`, () => {
    const modules = modulesOf(...args);
    const files = modules.filter((url) => url.startsWith('file:'));
    expect(files).toContainEqual(expect.stringMatching(/cli\/bin\/mlstack\.js$/));
    expect(heavyOf(modules)).toEqual([]);
    expect(files.length).toBeLessThan(20);
  }, 60_000);
}

test('where it is needed, what is heavy is seen to be loaded', () => {
  const heavy = heavyOf(modulesOf('runs', 'list'));
  expect(heavy).toContainEqual(expect.stringMatching(/\/core\/dist\/zod\b/));
  expect(heavy).toContain('node:crypto');
}, 60_000);

const onePipeline = `import { pipeline, step } from '@mlstack/core';
const one = step({ name: 'one', run: () => 1 });
export default pipeline('one', () => { one(); });`;

test('a run of code that was built, on a stack that was checked, loads few files in its two processes', () => {
  const { user, modulesOf } = recordModules();
  user.write('one.ts', onePipeline);
  user.succeed('run', 'one.ts');
  const modules = modulesOf('run', 'one.ts', '--no-cache');
  const files = modules.filter((url) => url.startsWith('file:'));
  expect(files).toContainEqual(expect.stringMatching(/\/bundles\/\w+\/entry\.mjs$/));
  expect(files.length).toBeLessThan(40);
  expect(files.filter((url) => /zod|esbuild|yaml|cosmiconfig|assemble-bundle/.test(url))).toEqual([]);
}, 60_000);

/** Installers give files the times of their archive, which are the same for all versions. */
const archived = new Date('1985-10-26T08:15:00Z');

test('a stack is checked when it or a flavor has changed, and a run of one that was checked makes no schema', () => {
  const { user, modulesOf } = recordModules();
  user.write('one.ts', onePipeline);
  const makesSchemas = () => modulesOf('run', 'one.ts', '--no-cache').some((url) => /\/core\/dist\/zod\b/.test(url));
  expect([makesSchemas(), makesSchemas()]).toEqual([true, false]);
  user.succeed('orchestrator', 'update', 'default', '--concurrency=3');
  expect([makesSchemas(), makesSchemas()]).toEqual([true, false]);
  const registry = user.read('.mlstack/registry.json');
  user.write('.mlstack/registry.json', registry.replace('"concurrency": 3', '"concurrency": 0'));
  const { status, stderr } = user.mlstack('run', 'one.ts');
  expect(status).toBe(2);
  expect(stderr).toContain('concurrency');
  user.write('.mlstack/registry.json', registry);
  expect(makesSchemas()).toBe(false);
  const flavor = join(ownCopyOf(user, 'flavor-local'), 'dist/orchestrator.js');
  const text = readFileSync(flavor, 'utf8');
  const install = () => {
    rmSync(flavor);
    writeFileSync(flavor, text);
    utimesSync(flavor, archived, archived);
  };
  install();
  expect([makesSchemas(), makesSchemas()]).toEqual([true, false]);
  install();
  expect([makesSchemas(), makesSchemas()]).toEqual([true, false]);
}, 60_000);

/** Installs a package of ours in the project's own folder, where all that are shared by the tests are linked. @returns its folder */
function ownCopyOf(user: UserProject, name: string): string {
  const modules = join(user.directory, 'node_modules');
  const shared = realpathSync(modules);
  rmSync(modules);
  mkdirSync(join(modules, '@mlstack'), { recursive: true });
  const link = (entry: string) => symlinkSync(join(shared, entry), join(modules, entry));
  for (const entry of readdirSync(shared)) if (entry !== '@mlstack') link(entry);
  for (const entry of readdirSync(join(shared, '@mlstack'))) if (entry !== name) link(join('@mlstack', entry));
  const copy = join(modules, '@mlstack', name);
  cpSync(join(shared, '@mlstack', name), copy, { recursive: true });
  return copy;
}

test.runIf(process.platform === 'linux')(
  'where nobody can make a temporary folder, commands do without',
  async () => {
    const user = createUserProject({ TMPDIR: '/proc' });
    user.write(
      'two.ts',
      `import { pipeline, step } from '@mlstack/core';
     const two = step({ name: 'two', run: async () => 2 });
     export default pipeline('two', () => two());`,
    );
    for (const args of [['--version'], ['init'], ['run', 'two.ts']]) {
      const child = user.start(...args);
      const isLate = setTimeout(() => child.kill('SIGKILL'), 30_000);
      expect(await answerOf(child)).toMatchObject({ status: 0 });
      clearTimeout(isLate);
    }
  },
  120_000,
);
