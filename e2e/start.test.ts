import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUserFolder, createUserProject } from './user-project.ts';

/** What a command loads, modules of Node's among it, by what runs it in a project of its own. */
function modulesOf(...args: string[]): string[] {
  const loaded = join(createUserFolder(), 'loaded.txt');
  const recorder = `import { registerHooks } from 'node:module';
    import { appendFileSync } from 'node:fs';
    const note = (url) => appendFileSync(${JSON.stringify(loaded)}, url + '\\n');
    registerHooks({ load(url, context, next) { note(url); return next(url, context); } });
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (id) => { note(id); return getBuiltinModule(id); };`;
  const preload = `data:text/javascript,${encodeURIComponent(recorder)}`;
  const user = createUserProject({ NODE_OPTIONS: `--import=${JSON.stringify(preload)}` });
  user.succeed('init');
  writeFileSync(loaded, '');
  user.succeed(...args);
  return readFileSync(loaded, 'utf8').trim().split('\n');
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
  const heavy = heavyOf(modulesOf('artifact-store', 'describe', 'default'));
  expect(heavy).toContainEqual(expect.stringMatching(/\/core\/dist\/zod\b/));
  expect(heavy).toContain('node:crypto');
}, 60_000);
