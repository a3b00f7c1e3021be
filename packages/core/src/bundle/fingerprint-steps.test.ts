import { expect, test } from 'vitest';
import { changedSteps } from './testing/changed-steps.ts';
import { TemporaryProject } from './testing/temporary-project.ts';

const scaling = {
  'pipeline.ts': `
    import { step } from '@mlstack/core';
    import { normalise } from './scale.ts';
    import { shift } from './shift.ts';
    export const train = step({ name: 'train', run: async () => normalise(1) });
    export const evaluate = step({ name: 'evaluate', run: async () => shift(2) });
    export const report = step({ name: 'report', run: async () => 'done' });
  `,
  'scale.ts': `
    const factor = 2;
    export function normalise(value: number): number { return value * factor; }
    export function unused(value: number): number { return value; }
  `,
  'shift.ts': 'export const shift = (value: number) => value + 1;',
};

test('An edit of what a helper in another module uses changes the steps that use the helper, and no other', async () => {
  const edited = scaling['scale.ts'].replace('factor = 2', 'factor = 3');
  expect(await changedSteps(scaling, { 'scale.ts': edited })).toEqual(['train']);
});

test('An edit of a neighbour in the same file changes the neighbour alone', async () => {
  const edited = scaling['pipeline.ts'].replace("'done'", "'all done'");
  expect(await changedSteps(scaling, { 'pipeline.ts': edited })).toEqual(['report']);
});

test('Comments, formatting, parentheses and type annotations change nothing', async () => {
  const edited = `
    // Scales.
    const factor: number = /* twice */ (2);
    export function normalise(
      value: number, // in metres
    ) {
      /* the product */
      return value
        * factor
    }
    interface Unused { readonly a: 1 }
    export function unused(value: unknown): unknown { return value; }
  `;
  expect(await changedSteps(scaling, { 'scale.ts': edited })).toEqual([]);
});

test('A new declaration whose name the bundler must keep apart changes nothing', async () => {
  const edited = `
    const factor = 9; const value = 1;
    export const normalise = () => [factor, value];
    export const shift = (value: number) => value + 1;
    export const extra = normalise;
  `;
  const pipeline = `import { extra } from './shift.ts'; export { extra };${scaling['pipeline.ts']}`;
  expect(await changedSteps(scaling, { 'shift.ts': edited, 'pipeline.ts': pipeline })).toEqual([]);
});

test('The order of declarations and of imports changes nothing', async () => {
  const edited = {
    'scale.ts': `
      export function unused(value: number): number { return value; }
      export function normalise(value: number): number { return value * factor; }
      const factor = 2;
    `,
    'pipeline.ts': `
      import { shift } from './shift.ts';
      import { normalise } from './scale.ts';
      import { step } from '@mlstack/core';
      export const report = step({ name: 'report', run: async () => 'done' });
      export const evaluate = step({ name: 'evaluate', run: async () => shift(2) });
      export const train = step({ name: 'train', run: async () => normalise(1) });
    `,
  };
  expect(await changedSteps(scaling, edited)).toEqual([]);
});

test.each([
  ['what changes a variable and what reads it', 'let rate = 1;', 'const used = rate * 2;', 'rate = 3;'],
  [
    'two that change a table',
    'const used = [];',
    "export const a = used.push('a');",
    "export const b = used.push('b');",
  ],
  ['modules that do', "import { used } from './used.ts';", "import './a.ts';", "import './b.ts';"],
  ['what changes the world', 'const used = 1;', "import './world-a.ts';", "import './world-b.ts';"],
])('The order of statements counts where it matters: of %s', async (_, before, one, other) => {
  const steps = "import { step } from '@mlstack/core'; export const uses = step({ name: 'a', run: () => used });";
  const files = {
    'pipeline.ts': `${steps} ${before} ${one} ${other}`,
    'used.ts': 'export const used: string[] = [];',
    'a.ts': "import { used } from './used.ts'; used.push('a');",
    'b.ts': "import { used } from './used.ts'; used.push('b');",
    'world-a.ts': "process.env.MODE = 'a';",
    'world-b.ts': "process.env.MODE = 'b';",
  };
  expect(await changedSteps(files, { 'pipeline.ts': `${steps} ${before} ${other} ${one}` })).toEqual(['uses']);
});

test('The order of enums, tables that are filled at once and constants changes nothing', async () => {
  const steps = `
    import { step } from '@mlstack/core';
    export const uses = step({ name: 'a', run: () => [Kind, table, twice, plain, help()] });
  `;
  const parts = [
    "enum Kind { Cat = 'cat', Dog = 'dog' }",
    "const table: string[] = []; table.push('a');",
    'const twice = [1, 2].map((n) => n * 2);',
    'const plain = { rate: -1 };',
    'function help() { return 1; }',
  ];
  const files = { 'pipeline.ts': `${steps} ${parts.join(' ')}` };
  expect(await changedSteps(files, { 'pipeline.ts': `${parts.toReversed().join(' ')} ${steps}` })).toEqual([]);
});

const withPackages = {
  'pipeline.ts': `
    import { step } from '@mlstack/core';
    import { one } from 'one';
    import * as two from 'two';
    import legacy from 'legacy';
    export const first = step({ name: 'first', run: async () => one });
    export const second = step({ name: 'second', run: async () => two.two });
    export const third = step({ name: 'third', run: async () => legacy.value });
    export const fourth = step({ name: 'fourth', run: async () => (await import('two')).two });
  `,
  'node_modules/one/package.json': '{"name":"one","version":"1.0.0","type":"module","main":"index.js"}',
  'node_modules/one/index.js': "export { deep as one } from 'deep'; export const other = 1;",
  'node_modules/deep/package.json': '{"name":"deep","version":"1.0.0","type":"module","main":"index.js"}',
  'node_modules/deep/index.js': 'export const deep = 1;',
  'node_modules/two/package.json': '{"name":"two","version":"1.0.0","type":"module","main":"index.js"}',
  'node_modules/two/index.js': 'export const two = 2;',
  'node_modules/legacy/package.json': '{"name":"legacy","version":"1.0.0","main":"index.js"}',
  'node_modules/legacy/index.js': 'exports.value = 3;',
};

test('An upgrade of a package changes the steps that use it', async () => {
  const edit = {
    'node_modules/two/package.json': '{"name":"two","version":"1.0.1","type":"module","main":"index.js"}',
  };
  expect(await changedSteps(withPackages, edit)).toEqual(['fourth', 'second']);
});

test('A package of a package counts, by what is in its files', async () => {
  const edit = { 'node_modules/deep/index.js': 'export const deep = 10;' };
  expect(await changedSteps(withPackages, edit)).toEqual(['first']);
});

test('A CommonJS package counts', async () => {
  expect(await changedSteps(withPackages, { 'node_modules/legacy/index.js': 'exports.value = 4;' })).toEqual(['third']);
});

const withNativePackages = {
  'pipeline.ts': `
    import { step } from '@mlstack/core';
    import { resize } from 'native';
    import { thumbnail } from 'wrapper';
    import { one } from 'one';
    export const direct = step({ name: 'direct', run: async () => resize() });
    export const wrapped = step({ name: 'wrapped', run: async () => thumbnail() });
    export const plain = step({ name: 'plain', run: async () => one });
  `,
  'node_modules/native/package.json':
    '{"name":"native","version":"1.0.0","main":"i.js","gypfile":true,"dependencies":{"tool":"*"},"optionalDependencies":{"absent":"*"}}',
  'node_modules/native/i.js': "exports.resize = () => require('tool').version;",
  'node_modules/tool/package.json': '{"name":"tool","version":"1.0.0","main":"i.js","peerDependencies":{"deep":"*"}}',
  'node_modules/tool/i.js': "exports.version = require('deep').version;",
  'node_modules/tool/node_modules/deep/package.json': '{"name":"deep","version":"1.0.0","dependencies":{"tool":"*"}}',
  'node_modules/deep/package.json': '{"name":"deep","version":"7.0.0"}',
  'node_modules/wrapper/package.json': '{"name":"wrapper","version":"1.0.0","main":"i.js"}',
  'node_modules/wrapper/i.js': "exports.thumbnail = () => require('./inner.js').load();",
  'node_modules/wrapper/inner.js': "exports.load = () => require('codec').version;",
  'node_modules/codec/package.json':
    '{"name":"codec","version":"1.0.0","main":"i.js","dependencies":{"codec-data":"*"}}',
  'node_modules/codec/binding.gyp': '{}',
  'node_modules/codec/i.js': 'exports.version = 1;',
  'node_modules/codec-data/package.json': '{"name":"codec-data","version":"1.0.0"}',
  'node_modules/one/package.json': '{"name":"one","version":"1.0.0","type":"module","main":"index.js"}',
  'node_modules/one/index.js': 'export const one = 1;',
};

test.each([
  ['native', 'native', ['direct']],
  ['what a native package depends on', 'tool', ['direct']],
  ['what that depends on, in the copy that it finds', 'tool/node_modules/deep', ['direct']],
  ['a copy that it does not find', 'deep', []],
  ['a native package behind a bundled one', 'codec', ['wrapped']],
  ['what that depends on', 'codec-data', ['wrapped']],
])(
  'A new version of a package outside of the bundle counts for the steps that reach it: %s',
  async (_what, name, steps) => {
    const path = `node_modules/${name}/package.json` as keyof typeof withNativePackages;
    const manifest = withNativePackages[path].replace(/"version":"\d/, '"version":"9');
    expect(await changedSteps(withNativePackages, { [path]: manifest })).toEqual(steps);
  },
);

test.each([
  ['native', ['direct']],
  ['codec', ['wrapped']],
])('Another build of the same version of a package outside of the bundle counts: %s', async (name, steps) => {
  const path = `node_modules/${name}/i.js` as keyof typeof withNativePackages;
  const edit = {
    [path]: `${withNativePackages[path]} // of another commit`,
    [`node_modules/${name}/package.json`]: `${withNativePackages[`node_modules/${name}/package.json` as typeof path]}\n`,
    'node_modules/.package-lock.json': '{"what npm notes of each installation":true}',
  };
  expect(await changedSteps({ ...withNativePackages, 'node_modules/.package-lock.json': '{}' }, edit)).toEqual(steps);
});

test('A patch of a package outside of the bundle counts once it is applied', async () => {
  const edit = {
    'patches/native+1.0.0.patch': 'the patch',
    'node_modules/native/i.js': 'exports.resize = () => 2;',
  };
  const before = { ...withNativePackages, 'node_modules/.package-lock.json': '{}' };
  expect(await changedSteps(before, edit)).toEqual(['direct']);
  const again = { ...edit, 'patches/native+1.0.0.patch': 'another' };
  const patched = { ...before, ...edit, 'node_modules/native/i.js': 'exports.resize = () => 3;' };
  expect(await changedSteps(patched, again)).toEqual(['direct']);
  expect(await changedSteps(patched, { 'patches/other+1.0.0.patch': 'of something else' })).toEqual([]);
});

test('An installation that changes nothing of a package outside of the bundle changes no step', async () => {
  const before = { ...withNativePackages, 'node_modules/.package-lock.json': '{}' };
  const { 'node_modules/native/package.json': manifest } = withNativePackages;
  const edit = { 'node_modules/native/package.json': manifest, 'node_modules/.package-lock.json': '{"a":1}' };
  expect(await changedSteps(before, edit)).toEqual([]);
});

test('A package that comes to lie nearer to one outside of the bundle counts', async () => {
  const edit = {
    'node_modules/codec/node_modules/codec-data/package.json': '{"name":"codec-data","version":"2.0.0"}',
    'node_modules/.package-lock.json': '{"what npm notes of each installation":true}',
  };
  const before = { ...withNativePackages, 'node_modules/.package-lock.json': '{}' };
  expect(await changedSteps(before, edit)).toEqual(['wrapped']);
});

test('What changes a variable when the modules are loaded counts for the steps that use the variable', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      import { table, rows } from './table.ts';
      import './fill.ts';
      export const usesTable = step({ name: 'a', run: async () => table });
      export const usesRows = step({ name: 'b', run: async () => rows });
      export const usesNone = step({ name: 'c', run: async () => 1 });
    `,
    'table.ts': `
      export const table = new Map<string, number>();
      export const rows: number[] = [];
      export function register(name: string, value: number) { table.set(name, value); }
    `,
    'fill.ts': "import { register, rows } from './table.ts'; register('a', 1); rows.push(5);",
  };
  const fill = files['fill.ts'];
  expect(await changedSteps(files, { 'fill.ts': fill.replace("'a', 1", "'a', 2") })).toEqual(['usesTable']);
  expect(await changedSteps(files, { 'fill.ts': fill.replace('push(5)', 'push(6)') })).toEqual(['usesRows']);
});

test('What changes the world when the modules are loaded counts for every step', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      process.env.TZ = 'UTC';
      export const a = step({ name: 'a', run: async () => 1 });
      export const b = step({ name: 'b', run: async () => 2 });
    `,
  };
  const edited = files['pipeline.ts'].replace('UTC', 'CET');
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['a', 'b']);
});

test('A constant computed by a function of the user is a helper like any other', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      const weights = makeWeights(3);
      function makeWeights(count: number) { const out: number[] = []; for (let i = 0; i < count; i++) out.push(i); return out; }
      export const uses = step({ name: 'a', run: async () => weights });
      export const not = step({ name: 'b', run: async () => 2 });
    `,
  };
  const edited = files['pipeline.ts'].replace('makeWeights(3)', 'makeWeights(4)');
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['uses']);
});

test('A variable that is assigned elsewhere brings along what assigns it', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      let mode = 'a';
      export function setMode() { mode = 'b'; }
      export const uses = step({ name: 'a', run: async () => mode });
      export const not = step({ name: 'b', run: async () => 2 });
    `,
  };
  const edited = files['pipeline.ts'].replace("mode = 'b'", "mode = 'c'");
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['uses']);
});

test('Classes, destructuring, enums, namespaces, defaults, re-exports, cycles, JSON and CommonJS are followed', async () => {
  const files: Record<string, string> = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      import Model from './model.ts';
      import * as constants from './constants.ts';
      import { first } from './index.ts';
      import { Kind } from './kind.ts';
      import { even } from './even.ts';
      import data from './data.json';
      import legacy from './legacy.cjs';
      import { scale } from 'workspace-package';
      export const model = step({ name: 'a', run: async () => new Model().fit() });
      export const namespace = step({ name: 'b', run: async () => constants });
      export const destructured = step({ name: 'c', run: async () => first });
      export const enumerated = step({ name: 'd', run: async () => Object.values(Kind) });
      export const cyclic = step({ name: 'e', run: async () => even(4) });
      export const json = step({ name: 'f', run: async () => data });
      export const common = step({ name: 'g', run: async () => legacy.value });
      export const workspace = step({ name: 'h', run: async () => scale(1) });
      export const lazy = step({ name: 'i', run: async () => (await import('./lazy.ts')).lazy() });
    `,
    'model.ts': 'class Base { rate = 1; } export default class extends Base { fit() { return this.rate; } }',
    'constants.ts': 'export const epochs = 5; export const batch = 32;',
    'index.ts': "export { first } from './pair.ts'; export * from './kind.ts';",
    'pair.ts': 'export const { first, second: [third] } = { first: 1, second: [2] };',
    'kind.ts': "export enum Kind { Cat = 'cat', Dog = 'dog' }",
    'even.ts': "import { odd } from './odd.ts'; export const even = (n: number): boolean => n === 0 || odd(n - 1);",
    'odd.ts': "import { even } from './even.ts'; export const odd = (n: number): boolean => n !== 0 && even(n - 1);",
    'data.json': '{"rows":[1,2,3]}',
    'legacy.cjs': "const helper = require('./legacy-helper.cjs'); module.exports = { value: helper.value };",
    'legacy-helper.cjs': 'exports.value = 1;',
    'lazy.ts': 'let calls = 0; export function lazy() { return ++calls; }',
    'packages/workspace-package/package.json': '{"name":"workspace-package","version":"1.0.0","main":"index.ts"}',
    'packages/workspace-package/index.ts': 'export const scale = (value: number) => value * 2; export const other = 1;',
  };
  const { symlinkSync, mkdirSync } = await import('node:fs');
  const { join } = await import('node:path');
  using project = new TemporaryProject(files);
  mkdirSync(join(project.directory, 'node_modules'));
  symlinkSync(
    join(project.directory, 'packages/workspace-package'),
    join(project.directory, 'node_modules/workspace-package'),
  );
  let last = (await project.build()).manifest.fingerprints;
  async function changedBy(file: string, from: string, to: string) {
    expect(files[file]).toContain(from);
    files[file] = (files[file] ?? '').replace(from, to);
    project.write({ [file]: files[file] });
    const next = (await project.build()).manifest.fingerprints;
    const changed = Object.keys(next).filter((site) => next[site]?.sha256 !== last[site]?.sha256);
    last = next;
    return changed.map((site) => site.split('#')[1]).sort();
  }
  expect(await changedBy('model.ts', 'rate = 1', 'rate = 2')).toEqual(['model']);
  expect(await changedBy('constants.ts', '32', '64')).toEqual(['namespace']);
  expect(await changedBy('pair.ts', 'first: 1', 'first: 3')).toEqual(['destructured']);
  expect(await changedBy('kind.ts', "Dog = 'dog'", "Dog = 'hound'")).toEqual(['enumerated']);
  expect(await changedBy('odd.ts', 'n !== 0', 'n > 0')).toEqual(['cyclic']);
  expect(await changedBy('data.json', '3]', '4]')).toEqual(['json']);
  expect(await changedBy('legacy-helper.cjs', '= 1', '= 2')).toEqual(['common']);
  expect(await changedBy('packages/workspace-package/index.ts', '* 2', '* 3')).toEqual(['workspace']);
  expect(await changedBy('packages/workspace-package/index.ts', 'other = 1', 'other = 2')).toEqual([]);
  expect(await changedBy('lazy.ts', 'calls = 0', 'calls = 1')).toEqual(['lazy']);
});

test.each([
  ['standard', '{}'],
  ['experimental', '{"compilerOptions":{"experimentalDecorators":true}}'],
])('A decorator counts for the steps that use what it decorates, as %s ones', async (kind, tsconfig) => {
  const kinds = [
    'OfClass',
    'OfMethod',
    'OfField',
    'OfGetter',
    'OfStatic',
    ...(kind === 'standard' ? ['OfPrivate'] : []),
  ];
  const decorators = [...kinds, 'Unused'].map(
    (name) => `export const ${name} = (...given: any[]): any => ${name}Made(1);
    const ${name}Made = (value: number): any => void value;`,
  );
  const members: Record<string, string> = {
    OfClass: '@d.OfClass class OfClass {}',
    OfMethod: 'class OfMethod { @d.OfMethod value() { return 1; } }',
    OfField: 'class OfField { @d.OfField value = 1; }',
    OfGetter: 'class OfGetter { @d.OfGetter get value() { return 1; } }',
    OfStatic: 'class OfStatic { @d.OfStatic static value() { return 1; } }',
    OfPrivate: 'class OfPrivate { @d.OfPrivate #value() { return 1; } get() { return this.#value(); } }',
  };
  const files = {
    'tsconfig.json': tsconfig,
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      import * as d from './decorators.ts';
      ${kinds.map((name) => members[name]).join('\n')}
      ${kinds.map((name) => `export const uses${name} = step({ name: '${name}', run: () => new ${name}() });`).join('\n')}
      export const plain = step({ name: 'plain', run: () => 1 });
    `,
    'decorators.ts': decorators.join('\n'),
  };
  for (const name of kinds) {
    const edited = files['decorators.ts'].replace(`${name}Made(1)`, `${name}Made(2)`);
    expect(await changedSteps(files, { 'decorators.ts': edited }), name).toEqual([`uses${name}`]);
  }
  const edited = files['decorators.ts'].replace('UnusedMade(1)', 'UnusedMade(2)');
  expect(await changedSteps(files, { 'decorators.ts': edited })).toEqual([]);
});

test('Changes reach a variable through another name, a callback, a parameter or a loop', async () => {
  const edits = {
    alias: ["const inner = table.rows; inner.push('OLD');", 'OLD'],
    callback: ["['OLD'].forEach((row) => { table.rows.push(row); });", 'OLD'],
    parameter: ["function fill(target: { rows: string[] }) { target.rows.push('OLD'); } fill(table);", 'OLD'],
    value: [
      "function fill(target: { rows: string[] }) { target.rows.push('OLD'); return 1; } const done = fill(table); export { done };",
      'OLD',
    ],
    loop: ["for (const row of [table]) row.rows.push('OLD');", 'OLD'],
    method: ["class Filler { fill() { table.rows.push('OLD'); } } new Filler().fill();", 'OLD'],
    assign: ["Object.assign(table, { rows: ['OLD'] });", 'OLD'],
    awaited: ["async function fill() { table.rows.push('OLD'); } await fill();", 'OLD'],
    condition: ["if (table.rows.length === 0) table.rows = ['OLD'];", 'OLD'],
    destructuring: ["[table.rows] = [['OLD']];", 'OLD'],
    later: ["const fill = () => { table.rows.push('OLD'); }; const start = () => fill(); start();", 'OLD'],
  };
  for (const [name, [statement = '', old = '']] of Object.entries(edits)) {
    const text = `
      import { step } from '@mlstack/core';
      const table: { rows: string[] } = { rows: [] };
      ${statement}
      export const uses = step({ name: 'a', run: async () => table });
      export const not = step({ name: 'b', run: async () => 2 });
    `;
    const changed = await changedSteps({ 'pipeline.ts': text }, { 'pipeline.ts': text.replace(old, 'NEW') });
    expect({ [name]: changed }).toEqual({ [name]: ['uses'] });
  }
});

test('A direct eval takes all of the user code, and leaves the steps beside it as they are', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      import { calculate } from './calculate.ts';
      export const evaluating = step({ name: 'a', run: async () => calculate('unseen') });
      export const plain = step({ name: 'b', run: async () => 2 });
    `,
    'calculate.ts': `const unseen = 1; export const calculate = (text: string) => eval(text);`,
  };
  const edited = files['calculate.ts'].replace('unseen = 1', 'unseen = 2');
  expect(await changedSteps(files, { 'calculate.ts': edited })).toEqual(['evaluating']);
});

test('The names of locals count beside a direct eval', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      export const uses = step({ name: 'a', run: async () => { const one = 1, two = 2; return eval('one'); } });
    `,
  };
  const edited = files['pipeline.ts'].replace('one = 1, two = 2', 'two = 1, one = 2');
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['uses']);
});

test('A direct eval when modules are loaded may change what any step uses', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      const table = { rows: [] };
      export const done = eval("table.rows.push('old')");
      export const uses = step({ name: 'a', run: async () => table });
    `,
  };
  expect(await changedSteps(files, { 'pipeline.ts': files['pipeline.ts'].replace('old', 'new') })).toEqual(['uses']);
});

test('A computed import takes all of the user code', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      export const away = 1;
      export const computed = step({ name: 'a', run: async (name: string) => await import(name) });
      export const plain = step({ name: 'b', run: async () => 2 });
    `,
  };
  const edited = files['pipeline.ts'].replace('away = 1', 'away = 2');
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['computed']);
});

test('A step that can make a `require` of its own is not cached, for what it loads is not known', async () => {
  using project = new TemporaryProject({
    'pipeline.ts': `
      import { createRequire, isBuiltin } from 'node:module';
      import * as nodeModule from 'node:module';
      import { step } from '@mlstack/core';
      import { sum } from './helpers.ts';
      const load = createRequire(import.meta.url);
      export const loads = step({ name: 'loads', run: async () => load('two').two });
      export const helped = step({ name: 'helped', run: async () => sum() });
      export const whole = step({ name: 'whole', run: async () => nodeModule.createRequire(import.meta.url)('two') });
      export const late = step({ name: 'late', run: async () => (await import('node:module')).createRequire('/')('two') });
      export const plain = step({ name: 'plain', run: async () => isBuiltin('fs') });
    `,
    'helpers.ts': `
      import { createRequire as make } from 'module';
      export function sum(): unknown { const require = make(import.meta.url); return require('two'); }
    `,
  });
  const { fingerprints } = (await project.build()).manifest;
  const uncached = Object.entries(fingerprints).filter(([, { uncached }]) => uncached !== undefined);
  expect(uncached.map(([site]) => site.split('#')[1])).toEqual(['loads', 'helped', 'whole', 'late']);
  expect(uncached[0]?.[1].uncached).toContain('createRequire');
});

test.each([
  ['a block', "let made; { const rate = 'OLD'; made = step({ name: 'a', run: () => rate }); } export { made };"],
  ['its class', "export class A { static rate = 'OLD'; static made = step({ name: 'a', run: () => A.rate }); }"],
  [
    'its class as this',
    "export class A { static rate = 'OLD'; static made = step({ name: 'a', run: () => this.rate }); }",
  ],
  [
    'its base',
    "class B { static rate = 'OLD'; } export class A extends B { static made = step({ name: 'a', run: () => super.rate }); }",
  ],
  ['a private name', "export class A { static #rate = 'OLD'; static made = step({ name: 'a', run: () => A.#rate }); }"],
  [
    'a static block',
    "export class A { static made; static { const rate = 'OLD'; this.made = step({ name: 'a', run: () => rate }); } }",
  ],
  [
    'a class with a value',
    "export const A = class C { static rate = 'OLD'; static made = step({ name: 'a', run: () => C.rate }); };",
  ],
  [
    'a class within',
    "export const all = { A: class { static rate = 'OLD'; static made = step({ name: 'a', run: () => this.rate }); } };",
  ],
  [
    'what changes its class',
    "export class A { static rate = ''; static made = step({ name: 'a', run: () => this.rate }); } function set(to) { to.rate = 'OLD'; } set(A);",
  ],
  [
    'its own method',
    "export class A { static made = step({ name: 'a', run: () => A.rate() }); static rate() { return 'OLD'; } }",
  ],
])('A step that reads what is around it, %s, changes with that', async (_, code) => {
  const files = { 'pipeline.ts': `import { step } from '@mlstack/core'; ${code}` };
  expect(await changedSteps(files, { 'pipeline.ts': files['pipeline.ts'].replace('OLD', 'NEW') })).toHaveLength(1);
});

test('Steps in static fields of one class are told apart, and those that need nothing of it change alone', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      export class Steps {
        static first = step({ name: 'first', run: () => 'one' });
        static second = step({ name: 'second', run: () => 'two' });
        static [step({ name: 'third', run: () => 'three' }).name] = 1;
        own = step({ name: 'own', run: () => 'own' });
        static make = () => step({ name: 'made', run: () => 'made' });
      }
    `,
  };
  using project = new TemporaryProject(files);
  expect(Object.keys((await project.build()).manifest.fingerprints)).toEqual([
    'pipeline.ts#Steps',
    'pipeline.ts#Steps~2',
  ]);
  const edited = files['pipeline.ts'].replace("'two'", "'zwei'").replace("'own' }", "'mine' }");
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['Steps~2']);
});

test('A step made in a loop has no site, for there may be several of them', async () => {
  using project = new TemporaryProject({
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      export const byRate: Record<number, unknown> = {};
      for (const rate of [1, 2]) byRate[rate] = step({ name: 'train', run: async () => rate });
      for (let rate = 3; rate < 5; rate++) byRate[rate] = step({ name: 'train', run: async () => rate });
      while (Object.keys(byRate).length < 5) byRate[5] = step({ name: 'train', run: async () => 5 });
    `,
  });
  expect((await project.build()).manifest.fingerprints).toEqual({});
});

test('A text that looks like a module of a package counts as it is; a property in quotation marks is the same without', async () => {
  const files = {
    'pipeline.ts': `
      import { step } from '@mlstack/core';
      export const text = step({ name: 'a', run: async () => 'package:model@1.0/weights' });
      export const quoted = step({ name: 'b', run: async () => ({ 'rate': 1, 'a-b': 2 }) });
    `,
  };
  const edited = files['pipeline.ts'].replace('@1.0', '@2.0').replace("'rate'", 'rate');
  expect(await changedSteps(files, { 'pipeline.ts': edited })).toEqual(['text']);
});

test('A step that makes up the path of a file counts all files that are taken along, unless it lists its own', async () => {
  const files = {
    'pipeline.ts': `
      import { readFileSync } from 'node:fs';
      import { join } from 'node:path';
      import { step } from '@mlstack/core';
      const here = import.meta.dirname;
      export const named = step({ name: 'a', run: () => readFileSync(join(import.meta.dirname, 'data.csv')) });
      export const byConstant = step({ name: 'b', run: () => readFileSync(join(here, 'data.csv')) });
      export const byTemplate = step({ name: 'c', run: () => readFileSync(new URL(\`./data.csv\`, import.meta.url)) });
      export const byText = step({ name: 'g', run: () => readFileSync(import.meta.dirname + '/data.csv') });
      export const listing = step({ name: 'd', assets: ['./other.csv'], run: () => readFileSync(join(here, 'other.csv')) });
      export const comparing = step({ name: 'e', run: () => import.meta.filename === process.argv[1] });
      export const plain = step({ name: 'f', run: () => 1 });
    `,
    'data.csv': 'a',
    'other.csv': 'b',
  };
  expect(await changedSteps(files, { 'data.csv': 'A' })).toEqual(['byConstant', 'byTemplate', 'byText', 'named']);
  expect(await changedSteps(files, { 'other.csv': 'B' })).toEqual(['byConstant', 'byTemplate', 'byText', 'listing']);
});

test('A step made inside a function has no site', async () => {
  using project = new TemporaryProject({
    'pipeline.ts': `
      import { step as define } from '@mlstack/core';
      import * as core from '@mlstack/core';
      const make = (name: string) => define({ name, run: async () => 1 });
      export const made = make('x');
      export const listed = [define({ name: 'a', run: async () => 1 }), core.step({ name: 'b', run: async () => 2 })];
    `,
  });
  const { fingerprints } = (await project.build()).manifest;
  expect(Object.keys(fingerprints)).toEqual(['pipeline.ts#listed', 'pipeline.ts#listed~2']);
});

test('The parts name what the step reaches', async () => {
  using project = new TemporaryProject({ ...withPackages, ...scaling });
  const { fingerprints } = (await project.build()).manifest;
  expect(Object.keys(fingerprints['pipeline.ts#train']?.parts ?? {})).toEqual([
    'code',
    'scale.ts#factor',
    'scale.ts#normalise',
  ]);
  project.write({ 'pipeline.ts': withPackages['pipeline.ts'] });
  const second = (await project.build()).manifest.fingerprints;
  expect(Object.keys(second['pipeline.ts#first']?.parts ?? {})).toEqual(['code', 'deep@1.0.0', 'one@1.0.0']);
});
