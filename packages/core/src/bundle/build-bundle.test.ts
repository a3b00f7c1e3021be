import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { MlstackError } from '../errors/mlstack-error.ts';
import { bundleFlavor } from './bundle-flavor.ts';
import { readBundleManifest } from './bundle-manifest.ts';
import { hashFile } from './content-hash.ts';
import { importBundle } from './import-bundle.ts';
import { loadModule } from './load-module.ts';
import { mapStack } from './map-stack.ts';
import { TemporaryProject } from './testing/temporary-project.ts';

const allFiles = (directory: string) =>
  (readdirSync(directory, { recursive: true, withFileTypes: true }) ?? [])
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

async function load(project: TemporaryProject, file: string) {
  return await loadModule(join(project.directory, file), { stateDirectory: project.stateDirectory });
}

async function failureOf(promise: Promise<unknown>): Promise<MlstackError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!MlstackError.is(error)) throw error ?? new Error('nothing was thrown');
  return error;
}

test('All TypeScript syntax is taken, whatever package.json says of the type', async () => {
  using project = new TemporaryProject({
    'package.json': '{"type":"commonjs"}',
    'tsconfig.json': '{"compilerOptions":{"experimentalDecorators":true,"paths":{"@/*":["./lib/*"]}}}',
    'module.ts': `
      import { twice } from '@/twice';
      import data from './data.json' with { type: 'json' };
      import common = require('./common.cjs');
      enum Kind { A = 1, B }
      namespace Names { export const first = 'x'; }
      function mark(target: object) { (target as { marked?: boolean }).marked = true; }
      @mark class Counter { constructor(public count: number) {} }
      export const result = [twice(Kind.B), Names.first, new Counter(3).count, (Counter as { marked?: boolean }).marked, data.value, common.value];
    `,
    'lib/twice.ts': 'export const twice = (value: number): number => value * 2;',
    'data.json': '{"value":7}',
    'common.cjs': "exports.value = require('node:path').sep;",
  });
  expect((await load(project, 'module.ts')).result).toEqual([4, 'x', 3, true, 7, '/']);
});

test('Packages are taken along: by name, as namespace, lazily, required, with state of their own', async () => {
  using project = new TemporaryProject({
    'module.ts': `
      import esm, { named } from 'esm';
      import * as space from 'esm';
      import legacy, { value } from 'legacy';
      import { viaCommon } from './common.cjs';
      export * from 'esm/sub';
      export { named as again } from 'esm';
      export const late = async () => [(await import('esm')).counter.count, (await import('legacy')).value];
      space.counter.count++;
      export const result = [esm, named, space.named, legacy.value, value, viaCommon()];
    `,
    'common.cjs': "exports.viaCommon = () => require('legacy').value;",
    'node_modules/esm/package.json':
      '{"name":"esm","version":"1.0.0","type":"module","exports":{".":"./i.js","./sub":"./s.js"}}',
    'node_modules/esm/i.js': "export default 'd'; export const named = 'n'; export const counter = { count: 0 };",
    'node_modules/esm/s.js': "export { counter } from './i.js'; export const sub = 's';",
    'node_modules/legacy/package.json': '{"name":"legacy","version":"2.0.0","main":"./i"}',
    'node_modules/legacy/i.js': "exports.value = require('./j').value; try { require('absent'); } catch {}",
    'node_modules/legacy/j.js': "exports.value = 'l';",
  });
  const { manifest, directory } = await project.build('module.ts');
  expect(manifest.exports).toEqual(['again', 'late', 'result']);
  project.remove('node_modules');
  const moved = join(project.directory, 'elsewhere');
  renameSync(directory, moved);
  const loaded = await import(join(moved, 'entry.mjs'));
  expect(loaded.result).toEqual(['d', 'n', 'n', 'l', 'l', 'l']);
  expect(await loaded.late()).toEqual([1, 'l']);
  expect([loaded.again, loaded.sub, loaded.counter.count]).toEqual(['n', 's', 1]);
});

test('The running core is shared, also where the code would find no core or another one', async () => {
  using project = new TemporaryProject({
    'module.ts': "export { MlstackError } from '@mlstack/core/flavor';",
    'node_modules/@mlstack/core/package.json': '{"name":"@mlstack/core","version":"0.0.1","main":"i.js"}',
    'node_modules/@mlstack/core/i.js': 'throw new Error("the wrong core");',
  });
  const first = await load(project, 'module.ts');
  const own = await import('@mlstack/core/flavor');
  expect(
    (first.MlstackError as typeof MlstackError).is(
      new (class extends own.MlstackError {
        code = 'X';
      })('x'),
    ),
  ).toBe(true);
});

test('The same code gives the same digest in another folder', async () => {
  const files = {
    'src/pipeline.ts': "import { z } from 'dep'; export { z }; export const here = import.meta.url;",
    'node_modules/dep/package.json': '{"name":"dep","version":"1.0.0","main":"i.js"}',
    'node_modules/dep/i.js': 'exports.z = 1;',
  };
  using one = new TemporaryProject(files);
  using other = new TemporaryProject(files);
  const [first, second] = [await one.build('src/pipeline.ts'), await other.build('src/pipeline.ts')];
  expect(first.digest).toBe(second.digest);
  for (const file of allFiles(first.directory).filter((path) => !path.endsWith('bundle.json'))) {
    expect(readFileSync(file, 'utf8')).not.toContain(one.directory);
  }
});

test('A change of any input is noticed, a touch is not one', async () => {
  using project = new TemporaryProject({
    'module.ts': "import { a } from './a'; import { d } from 'dep'; export const result = [a, d];",
    'a.js': 'export const a = 1;',
    'node_modules/dep/package.json': '{"name":"dep","version":"1.0.0","main":"i.js"}',
    'node_modules/dep/i.js': 'exports.d = 1;',
  });
  const digests = [(await project.build('module.ts')).digest];
  const next = async (files: Readonly<Record<string, string>>) => {
    project.write(files);
    digests.push((await project.build('module.ts')).digest);
    return digests.at(-1) !== digests.at(-2);
  };
  expect(await next({ 'a.js': 'export const a = 2;' })).toBe(true);
  expect(await next({ 'node_modules/dep/i.js': 'exports.d = 2;' })).toBe(true);
  expect(await next({ 'a.ts': 'export const a = 3;' })).toBe(true);
  expect(await next({ 'a.ts': 'export const a = 3;' })).toBe(false);
  utimesSync(join(project.directory, 'a.ts'), 1, 1);
  expect(await next({})).toBe(false);
  project.remove('a.ts');
  expect(await next({})).toBe(true);
  expect(
    await next({
      'tsconfig.json': '{"compilerOptions":{"paths":{"dep":["./a.js"]}}}',
      'a.js': 'export const a = 2, d = 9;',
    }),
  ).toBe(true);
});

test('Files that the code names by its own place come along, and their content counts', async () => {
  using project = new TemporaryProject({
    'src/deep/pipeline.ts': `
      import { step } from '@mlstack/core';
      import { readFileSync, readdirSync } from 'node:fs';
      import { join } from 'node:path';
      export const read = () => [
        readFileSync(new URL('../data.txt', import.meta.url), 'utf8'),
        readFileSync(join(import.meta.dirname, 'near', 'b.txt'), 'utf8'),
        readdirSync(new URL('./near/', import.meta.url)).join(),
      ];
      const data = new URL('../data.txt', import.meta.url);
      export const uses = step({ name: 'uses', run: async () => readFileSync(data, 'utf8') });
      export const not = step({ name: 'not', run: async () => 1 });
    `,
    'src/data.txt': 'one',
    'src/deep/near/a.txt': 'a',
    'src/deep/near/b.txt': 'b',
  });
  const first = await project.build('src/deep/pipeline.ts');
  expect(((await load(project, 'src/deep/pipeline.ts')).read as () => unknown)()).toEqual(['one', 'b', 'a.txt,b.txt']);
  project.write({ 'src/data.txt': 'two' });
  const second = await project.build('src/deep/pipeline.ts');
  const changed = Object.keys(first.manifest.fingerprints).filter(
    (site) => first.manifest.fingerprints[site]?.sha256 !== second.manifest.fingerprints[site]?.sha256,
  );
  expect(changed).toEqual(['src/deep/pipeline.ts#uses']);
  project.write({ 'src/deep/near/c.txt': 'c' });
  expect((await project.build('src/deep/pipeline.ts')).digest).not.toBe(second.digest);
  expect(((await load(project, 'src/deep/pipeline.ts')).read as () => unknown)()).toEqual([
    'two',
    'b',
    'a.txt,b.txt,c.txt',
  ]);
});

test('Files come along whatever is in the names of the folders around them', async () => {
  const folder = 'größe 100% #1 %41?';
  using project = new TemporaryProject({
    'pipeline.ts': `import { readFileSync } from 'node:fs';
      import { there } from ${JSON.stringify(`./${folder}/helper.ts`)};
      export const read = () => [readFileSync(new URL('./data.txt', import.meta.url), 'utf8'), there()];`,
    'data.txt': 'near',
    [`${folder}/helper.ts`]: `import { readFileSync } from 'node:fs';
      export const there = () => readFileSync(new URL('./data.txt', import.meta.url), 'utf8');`,
    [`${folder}/data.txt`]: 'far',
  });
  expect(((await load(project, 'pipeline.ts')).read as () => unknown)()).toEqual(['near', 'far']);
  project.remove(`${folder}/data.txt`);
  expect((await failureOf(project.build())).message).toContain(`there is no file ${folder}/data.txt to take along`);
  project.write({
    [`${folder}/helper.ts`]: "export const there = () => String(new URL('./50%.txt', import.meta.url));",
  });
  await expect(project.build()).resolves.toBeDefined();
});

test('What cannot be bundled is refused with its place', async () => {
  using project = new TemporaryProject({
    'syntax.ts': 'export const a = 1;\nexport const = 2;\n',
    'missing.ts': "import { x } from 'not-installed';\nexport { x };",
    'name.ts': "import { nothing } from './other.ts';\nexport const a = nothing;",
    'other.ts': 'export const something = 1;',
    'asset.ts': "export const a = 1;\nexport const file = new URL('./absent.csv', import.meta.url);",
    'folder/x.ts': '',
  });
  const message = async (file: string) => (await failureOf(project.build(file))).message;
  expect(await message('syntax.ts')).toMatch(
    /^syntax\.ts cannot be loaded:\n {2}syntax\.ts:2:14: Expected identifier but found "="\n {6}export const = 2;\n/,
  );
  expect(await message('missing.ts')).toContain('missing.ts:1:19: Could not resolve "not-installed"');
  expect(await message('name.ts')).toContain('name.ts:1:10: No matching export in "other.ts" for import "nothing"');
  expect(await message('asset.ts')).toContain('asset.ts:2:21: there is no file absent.csv to take along');
  expect((await failureOf(project.build('absent.ts'))).message).toMatch(/^There is no file .*absent\.ts\.$/);
  expect((await failureOf(project.build('folder'))).message).toMatch(/folder is not a file\.$/);
});

test('A name that a package does not export is refused at the line that imports it', async () => {
  using project = new TemporaryProject({
    'module.ts': "// first\nimport { nothing } from 'esm';\nexport { nothing };",
    'node_modules/esm/package.json': '{"name":"esm","version":"1.0.0","type":"module","exports":"./i.js"}',
    'node_modules/esm/i.js': 'export const something = 1;',
  });
  const { message } = await failureOf(project.build('module.ts'));
  expect(message).toContain('module.ts:2:');
  expect(message).toContain('"nothing"');
});

test('Packages with native code stay where they are installed and are listed', async () => {
  using project = new TemporaryProject({
    'module.ts':
      "import native from 'native'; import { wrapped } from 'wrapper'; export const result = [native.value, wrapped];",
    'node_modules/native/package.json': '{"name":"native","version":"1.2.3","main":"i.js"}',
    'node_modules/native/binding.gyp': '{}',
    'node_modules/native/i.js': 'exports.value = __dirname.length > 0;',
    'node_modules/wrapper/package.json': '{"name":"wrapper","version":"1.0.0","main":"i.js"}',
    'node_modules/wrapper/i.js': "exports.wrapped = require('native').value;",
  });
  const { manifest } = await project.build('module.ts');
  expect(manifest.externals).toEqual([
    {
      name: 'native',
      version: '1.2.3',
      directory: join(project.directory, 'node_modules/native'),
      reason: 'has native code (binding.gyp)',
    },
  ]);
  expect((await load(project, 'module.ts')).result).toEqual([true, true]);
});

test('A package that reads files beside its code stays where it is installed', async () => {
  using project = new TemporaryProject({
    'module.ts': "import { wrapped } from 'wrapper'; export const result = wrapped; export const n = 1;",
    'node_modules/wrapper/package.json': '{"name":"wrapper","version":"1.0.0","main":"i.js"}',
    'node_modules/wrapper/i.js': "exports.wrapped = require('reader').text;",
    'node_modules/reader/package.json': '{"name":"reader","version":"1.0.0","main":"i.js"}',
    'node_modules/reader/i.js': "exports.text = require('node:fs').readFileSync(__dirname + '/text.txt', 'utf8');",
    'node_modules/reader/text.txt': 'read',
  });
  expect((await load(project, 'module.ts')).result).toEqual('read');
  project.write({
    'module.ts': "import { wrapped } from 'wrapper'; export const result = wrapped; export const n = 2;",
  });
  const { manifest } = await project.build('module.ts');
  expect(manifest.externals).toMatchObject([{ name: 'reader', reason: 'reads files that lie beside its code' }]);
});

test('A flavor of a package is bundled apart, with what it imports, and its implementation stays lazy', async () => {
  using project = new TemporaryProject({
    'node_modules/mlstack-flavor-x/package.json': '{"name":"mlstack-flavor-x","version":"1.0.0","type":"module"}',
    'node_modules/mlstack-flavor-x/dist/store.js': `
      import { MlstackError } from '@mlstack/core/flavor';
      export const xStore = { is: MlstackError.is, load: async () => (await import('./implementation.js')).Store };
    `,
    'node_modules/mlstack-flavor-x/dist/implementation.js': "import sdk from 'sdk'; export class Store { sdk = sdk; }",
    'node_modules/sdk/package.json': '{"name":"sdk","version":"1.0.0","main":"i.js"}',
    'node_modules/sdk/i.js': 'module.exports = 42;',
  });
  const source = {
    kind: 'package',
    package: 'mlstack-flavor-x',
    version: '1.0.0',
    directory: join(project.directory, 'node_modules/mlstack-flavor-x'),
    module: './dist/store.js',
    export: 'xStore',
  } as const;
  const first = await bundleFlavor(source, { stateDirectory: project.stateDirectory });
  expect((await bundleFlavor(source, { stateDirectory: project.stateDirectory })).digest).toBe(first.digest);
  expect(first.manifest.exports).toEqual(['xStore']);
  project.remove('node_modules');
  const { xStore } = (await importBundle(first.directory)) as {
    xStore: { load(): Promise<new () => { sdk: number }> };
  };
  expect(new (await xStore.load())().sdk).toBe(42);
});

test('Stacks name the lines of the user', async () => {
  using project = new TemporaryProject({
    'src/module.ts': `
      import { step } from '@mlstack/core';
      // A comment that moves lines.
      interface Shape { a: number }
      export const s = step({ name: 's', run: async () => 1 }); export const fail = () => {
        throw new Error('boom');
      };
    `,
  });
  const { directory } = await project.build('src/module.ts');
  const { fail } = await load(project, 'src/module.ts');
  try {
    (fail as () => void)();
    expect.unreachable();
  } catch (error) {
    expect(mapStack((error as Error).stack ?? '', directory)).toMatch(/boom\n.*src\/module\.ts:6:15/);
  }
});

test('A build that is killed leaves no half bundle, and what is unchanged needs no bundler', async () => {
  using project = new TemporaryProject({
    'module.ts': "import { d } from 'dep'; export const a = d;",
    'node_modules/dep/package.json': '{"name":"dep","version":"1.0.0","main":"i.js"}',
    'node_modules/dep/i.js': `exports.d = [${'1,'.repeat(200_000)}];`,
  });
  const program = `
    import { buildBundle } from ${JSON.stringify(join(import.meta.dirname, 'build-bundle.ts'))};
    import { registerHooks } from 'node:module';
    if (process.argv[1] === 'no-esbuild') registerHooks({ resolve(name, context, next) { if (name === 'esbuild') throw new Error('esbuild'); return next(name, context); } });
    await buildBundle({ file: 'module.ts', stateDirectory: ${JSON.stringify(project.stateDirectory)} });
  `;
  const start = (timeout: number, ...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      ['--conditions=mlstack-source', '--input-type=module', '--eval', program, ...args],
      { cwd: project.directory, timeout, killSignal: 'SIGKILL' },
    );
  for (const timeout of [100, 150, 200, 250, 300, 350]) {
    await start(timeout).catch(() => undefined);
    const bundles = existsSync(join(project.stateDirectory, 'bundles'))
      ? readdirSync(join(project.stateDirectory, 'bundles'))
      : [];
    for (const digest of bundles.filter((name) => !name.startsWith('.'))) {
      const manifest = readBundleManifest(join(project.stateDirectory, 'bundles', digest));
      for (const { path, sha256 } of manifest.files) {
        expect(hashFile(join(project.stateDirectory, 'bundles', digest, path))).toBe(sha256);
      }
    }
  }
  await start(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await start(0);
  await start(0, 'no-esbuild');
});

test('Processes that build the same at once all get the same bundle, and leave nothing else', async () => {
  using project = new TemporaryProject({ 'module.ts': 'export const a = 1;' });
  const program = `
    import { buildBundle } from ${JSON.stringify(join(import.meta.dirname, 'build-bundle.ts'))};
    const { digest } = await buildBundle({ file: 'module.ts', stateDirectory: ${JSON.stringify(project.stateDirectory)} });
    console.log(digest);
  `;
  const runs = Array.from({ length: 4 }, () =>
    promisify(execFile)(process.execPath, ['--conditions=mlstack-source', '--input-type=module', '--eval', program], {
      cwd: project.directory,
    }),
  );
  const digests = new Set((await Promise.all(runs)).map(({ stdout }) => stdout.trim()));
  expect(digests.size).toBe(1);
  expect(readdirSync(join(project.stateDirectory, 'bundles'))).toEqual([...digests]);
});

test('Files that steps and pipelines list come along, and count for the steps that list them', async () => {
  using project = new TemporaryProject({
    'src/pipeline.ts': `
      import * as core from '@mlstack/core';
      import { pipeline as define, step } from '@mlstack/core';
      import { readFileSync } from 'node:fs';
      const read = (name: string) => readFileSync(new URL(\`./\${name}\`, import.meta.url), 'utf8');
      export const lists = step({ name: 'lists', assets: ['./data', \`../top.txt\`], run: () => read('data/deep/a.txt') });
      export const other = core.step({ 'name': 'other', 'assets': ['./b.txt'], run: () => read('b.txt') });
      export const none = step({ name: 'none', run: () => 1 });
      const make = (name: string) => step({ name, assets: ['./made.txt'], run: () => read('made.txt') });
      export const readAll = () => ['data/deep/a.txt', '../top.txt', 'b.txt', 'made.txt', 'all.txt'].map(read);
      export default define('listed', { assets: ['./all.txt'] }, () => { lists(); other(); none(); make('made')(); });
    `,
    'src/data/deep/a.txt': 'a',
    'src/b.txt': 'b',
    'src/made.txt': 'made',
    'src/all.txt': 'all',
    'top.txt': 'top',
  });
  const changedBy = async (files: Readonly<Record<string, string>>) => {
    const { manifest: before } = await project.build('src/pipeline.ts');
    project.write(files);
    const { manifest: after } = await project.build('src/pipeline.ts');
    return Object.keys(before.fingerprints)
      .filter((site) => before.fingerprints[site]?.sha256 !== after.fingerprints[site]?.sha256)
      .map((site) => site.split('#')[1]);
  };
  const exports = await load(project, 'src/pipeline.ts');
  expect((exports.readAll as () => unknown)()).toEqual(['a', 'top', 'b', 'made', 'all']);
  expect(await changedBy({ 'src/data/deep/a.txt': 'A' })).toEqual(['lists']);
  expect(await changedBy({ 'src/data/new.txt': 'n' })).toEqual(['lists']);
  expect(await changedBy({ 'top.txt': 'T' })).toEqual(['lists']);
  expect(await changedBy({ 'src/b.txt': 'B' })).toEqual(['other']);
  expect(await changedBy({ 'src/all.txt': 'ALL' })).toEqual(['lists', 'other', 'none']);
  const { digest } = await project.build('src/pipeline.ts');
  expect(await changedBy({ 'src/made.txt': 'M' })).toEqual([]);
  expect((await project.build('src/pipeline.ts')).digest).not.toBe(digest);
});

test('A list of assets that names what is not there, or is not written out, is refused with its place', async () => {
  const list = (text: string) => `import { step } from '@mlstack/core';
const files = ['./a.txt'];
export const a = step({ name: 'a', assets: ${text}, run: () => files });`;
  using project = new TemporaryProject({
    'absent.ts': list("['./absent.csv', './*.txt']"),
    'variable.ts': list('files'),
    'element.ts': list("['./a.txt', files[0]]"),
    'absolute.ts': list("['/etc/hostname']"),
    'a.txt': 'a',
  });
  const message = async (file: string) => (await failureOf(project.build(file))).message;
  expect(await message('absent.ts')).toMatch(
    /absent\.ts:3:45: there is no file absent\.csv to take along.*\*\.txt to take/s,
  );
  expect(await message('variable.ts')).toMatch(/variable\.ts:3:44: assets are a list of paths beside this file/);
  expect(await message('element.ts')).toMatch(/element\.ts:3:56: assets are a list/);
  expect(await message('absolute.ts')).toMatch(/absolute\.ts:3:45: assets are a list/);
});

test('A disk that takes no bundle is told with the place', async () => {
  using project = new TemporaryProject({ 'pipeline.ts': 'export const a = 1;', '.mlstack/bundles': 'a file' });
  const { code, message } = await failureOf(project.build());
  expect([code, message]).toEqual(['PROJECT_NOT_WRITABLE', expect.stringContaining('.mlstack/bundles/')]);
});

test('A listed folder with what cannot be carried is refused by name; a link that leads nowhere is passed over', async () => {
  using project = new TemporaryProject({
    'pipeline.ts': `import { step } from '@mlstack/core';
export const a = step({ name: 'a', assets: ['./data'], run: () => 1 });`,
    'data/a.txt': 'a',
  });
  const link = (target: string, path: string) => symlinkSync(target, join(project.directory, path));
  link('nobody@nowhere:1', 'data/.#a.txt');
  link('../data/a.txt', 'data/b.txt');
  const { directory } = await project.build();
  expect(readdirSync(join(directory, 'assets/data')).sort()).toEqual(['a.txt', 'b.txt']);
  link('..', 'data/above');
  expect((await failureOf(project.build())).message).toMatch(/data\/above\/data links to a folder that it is in/);
  project.remove('data/above');
  const server = createServer().listen(join(project.directory, 'data/socket'));
  await once(server, 'listening');
  try {
    expect((await failureOf(project.build())).message).toMatch(/pipeline\.ts:2:\d+: data\/socket is no file/);
  } finally {
    server.close();
  }
});
