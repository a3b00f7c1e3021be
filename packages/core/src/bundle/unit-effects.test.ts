import { describe, expect, test } from 'vitest';
import { changedSteps } from './testing/changed-steps.ts';

/** Steps that an edit of `OLD` to `NEW` changes, by the names of their variables. */
function changedBy(code: string): Promise<readonly string[]> {
  const text = `import { step } from '@mlstack/core'; ${code}`;
  return changedSteps({ 'pipeline.ts': text, ...somePackage }, { 'pipeline.ts': text.replaceAll('OLD', 'NEW') });
}

const somePackage = {
  'node_modules/some/package.json': '{"name":"some","version":"1.0.0","type":"module","main":"index.js"}',
  'node_modules/some/index.js':
    'export const state = {}; export const config = () => ({}); export const merge = Object.assign;',
};

describe('What changes a table when the modules are loaded counts for the step that reads the table, and no other', () => {
  test.each([
    ['by a local name', "function fill() { const t = table; t.rows.push('OLD'); } fill();"],
    ['by a part taken out of it', "function fill() { const { rows } = table; rows.push('OLD'); } fill();"],
    ['by a local name in a block', "{ const t = table; t.rows[0] = 'OLD'; }"],
    ['by a local name assigned later', "function fill() { let t = []; t = table; t.rows.push('OLD'); } fill();"],
    ['by one of two', "function fill() { const t = table ?? {}; t.rows.push('OLD'); } fill();"],
    ['by a loop in a function', "function fill() { for (const each of [table]) each.rows.push('OLD'); } fill();"],
    [
      'by a function that hands it on',
      "function outer() { inner(table); } function inner(t) { t.rows.push('OLD'); } outer();",
    ],
    ['by a function that gives it', "function get() { return table; } get().rows.push('OLD');"],
    ['by what a function gave', "const get = () => table; const t = get(); t.rows.push('OLD');"],
    ['by an assignment to what a function gives', "const get = () => table; get().rows = ['OLD'];"],
    ['where the value is kept', "function get() { return table; } export const n = get().rows.push('OLD');"],
    ['by a default of a parameter', "function fill(t = table) { t.rows.push('OLD'); } fill();"],
    ['by its arguments', "function fill() { arguments[0].rows.push('OLD'); } fill(table);"],
    [
      'by what it was put into',
      "function fill() { const box = { inner: table }; box.inner.rows.push('OLD'); } fill();",
    ],
    ['by what it was added to', "const list = []; list.push(table); list[0].rows.push('OLD');"],
    ['by what it was assigned to', "const box = {}; box.inner = table; box.inner.rows.push('OLD');"],
    ['by a variable assigned elsewhere', "let held; function hold() { held = table; } hold(); held.rows.push('OLD');"],
    ['by a swap', "let other = {}; [other] = [table]; other.rows.push('OLD');"],
    ['by a computed method', "export const n = table.rows['push']('OLD');"],
    [
      'by a function of a function',
      "const fill = (t) => (v) => { t.rows.push(v); return 1; }; const f = fill(table); export const n = f('OLD');",
    ],
    ['by a method handed over', "function run(o) { o.init(); } run({ init() { table.rows.push('OLD'); } });"],
    ['by a setter', "const config = { set mode(v) { table.rows = [v]; } }; config.mode = 'OLD';"],
    ['by a constructor', "class F { constructor(t) { this.t = t; this.t.rows.push('OLD'); } } new F(table);"],
    ['by a static block', "class F { static t = table; static { this.t.rows.push('OLD'); } }"],
    ['by an instance', "class F { t = table; fill() { this.t.rows.push('OLD'); } } const f = new F(); f.fill();"],
    ['by an import at once', "const get = () => table; get().rows = await Promise.resolve(['OLD']);"],
    [
      "by a package's function that changes what it gets",
      "import { merge } from 'some'; export const m = merge(table, { a: 'OLD' });",
    ],
  ])('%s', async (_, code) => {
    const changed = await changedBy(`
      const table: any = { rows: [] };
      ${code}
      export const uses = step({ name: 'a', run: async () => table });
      export const not = step({ name: 'b', run: async () => 2 });
    `);
    expect(changed).toEqual(['uses']);
  });
});

test.each([
  ['a global by another name', "const env = process.env; env.MODE = 'OLD';"],
  ['a global by a local name', "function set() { const env = process.env; env.MODE = 'OLD'; } set();"],
  ['a part of a global', "const { env } = process; env.MODE = 'OLD';"],
  ['a prototype', "const list: any = Array.prototype; list.last = 'OLD';"],
  ['a global handed over', "function patch(o) { o.random = () => 'OLD'; return 1; } export const done = patch(Math);"],
  ["a package's state", "import { state } from 'some'; const s = state; s.mode = 'OLD';"],
  [
    'settings of a package, whose result is kept',
    "import { config } from 'some'; export const read = config({ path: 'OLD' });",
  ],
])('What changes the world counts for every step: %s', async (_, code) => {
  const steps =
    "export const one = step({ name: 'a', run: () => 1 }); export const two = step({ name: 'b', run: () => 2 });";
  expect(await changedBy(`${code} ${steps}`)).toEqual(['one', 'two']);
});

test('What changes a prototype by another name counts for the steps that use its class', async () => {
  const code = `
    class Model { fit() { return 1; } }
    const prototype: any = Model.prototype;
    prototype.fit = () => 'OLD';
    export const uses = step({ name: 'a', run: () => new Model().fit() });
    export const not = step({ name: 'b', run: () => 2 });
  `;
  expect(await changedBy(code)).toEqual(['uses']);
});

test.each([
  [
    'another instance',
    "class Model { w = []; fit(x) { this.w.push(x); return this; } } export const a = new Model().fit('OLD'); const b = new Model().fit(2);",
    'b',
  ],
  [
    'another call of a function that changes what it gets',
    "function fit(x) { x.push(1); return x; } export const a = fit(['OLD']);",
    'fit([2])',
  ],
  [
    'what only reads the environment',
    "const env = process.env; function build(x) { x.push(env.N); return x; } export const a = build(['OLD']);",
    '1',
  ],
  [
    'another schema made of the same',
    "const object = (x: object) => ({ x }); const A = object({ a: 1 }); export const B = object({ A, b: 'OLD' });",
    'A',
  ],
  [
    'another constant of the same table',
    "const scale = { by: 2 }; const scaled = (x: number[]) => x.map((n) => n * scale.by).sort(); export const a = scaled(['OLD'.length]);",
    'scale',
  ],
])('What does not change what a step uses does not count for it: %s', async (_, code, used) => {
  expect(await changedBy(`${code} export const uses = step({ name: 'a', run: () => ${used} });`)).toEqual([]);
});
