import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { formatTable, textWidth, truncate } from './format-table.ts';

const columns = [
  { title: 'NAME', value: (row: { name: string; size: string }) => row.name },
  { title: 'SIZE', value: (row: { name: string; size: string }) => row.size, align: 'right' as const },
];
const draw = (rows: { name: string; size: string }[], width?: number) =>
  stripVTControlCharacters(formatTable(rows, columns, width)).split('\n');

test('columns are as wide as what is in them, whatever script it is written in', () => {
  const lines = draw([
    { name: '数据集', size: '1' },
    { name: 'é', size: '1000' },
  ]);
  expect(lines).toEqual(['NAME    SIZE', '数据集     1', 'é       1000']);
});

test('a line fits the terminal', () => {
  const lines = draw([{ name: 'x'.repeat(200), size: '1' }], 40);
  expect(lines.every((line) => textWidth(line) <= 40)).toBe(true);
  expect(lines[1]).toContain('x…');
});

test('a name that readers type elsewhere is never cut, and the rest makes room for it', () => {
  const [name, note] = ['digits-20261125-225939', 'a preview of some length'];
  const named = [
    { title: 'NAME', value: () => name, isWhole: true },
    { title: 'NOTE', value: () => note },
  ];
  expect(formatTable([{}], named, 34).split('\n')[1]).toBe(`${name}  a preview…`);
  expect(formatTable([{}], named, 10).split('\n')[1]).toBe(`${name}  a previ…`);
});

test('a column that is optional makes room for names before a line gets longer than the terminal', () => {
  const name = 'digits-20261125-225939';
  const columns = [
    { title: 'RUN', value: () => name, isWhole: true },
    { title: 'STACK', value: () => 'default', isOptional: true },
    { title: 'TOOK', value: () => '5s' },
  ];
  expect(formatTable([{}], columns, 40).split('\n')[1]).toBe(`${name}  default  5s`);
  expect(formatTable([{}], columns, 30).split('\n')[1]).toBe(`${name}  5s`);
  expect(formatTable([{}], columns).split('\n')[1]).toBe(`${name}  default  5s`);
});

test('prose goes on in the lines below, and leaves the other columns as they are', () => {
  const rows = [
    { from: '@mlstack/flavor-local 0.1.0', summary: 'Steps in processes of this machine' },
    { from: 'this project', summary: 'Short' },
  ];
  const described = [
    { title: 'FROM', value: (row: (typeof rows)[0]) => row.from },
    { title: 'SUMMARY', value: (row: (typeof rows)[0]) => row.summary, isProse: true },
  ];
  const draw = (width?: number) => stripVTControlCharacters(formatTable(rows, described, width)).split('\n');
  expect(draw(52)).toEqual([
    'FROM                         SUMMARY',
    '@mlstack/flavor-local 0.1.0  Steps in processes of',
    '                             this machine',
    'this project                 Short',
  ]);
  expect(draw(30).slice(1, 4)).toEqual([
    '@mlstac…  Steps in processes',
    '          of this machine',
    'this pr…  Short',
  ]);
  expect(draw()).toHaveLength(3);
});

test('nothing is cut where there is no terminal', () => {
  expect(draw([{ name: 'x'.repeat(200), size: '1' }])[1]).toContain('x'.repeat(200));
});

test('a line break in a value does not break the table', () => {
  expect(draw([{ name: 'a\nb', size: '1' }])).toHaveLength(2);
});

test('a column without values is left out', () => {
  expect(draw([{ name: 'a', size: '' }])).toEqual(['NAME', 'a']);
});

test('a cut keeps wide characters whole and ends the colour', () => {
  expect(truncate('数据集合', 5)).toBe('数据…');
  expect(truncate('\u001b[31mlonger than that\u001b[39m', 6)).toBe('\u001b[31mlonge…\u001b[0m');
});

test('whatever is mixed, a cut text is no wider than was asked for', () => {
  const parts = ['a', '数', 'é', '✔', '👍🏽', '👨‍👩‍👧', '\u001b[31m', '\u001b[39m', '─', '–'];
  for (let seed = 1; seed < 2000; seed++) {
    const text = Array.from({ length: seed % 29 }, (_, index) => parts[(seed * (index + 7) * 31) % parts.length]).join(
      '',
    );
    for (const width of [1, 2, 3, 5, 8, 13]) expect(textWidth(truncate(text, width))).toBeLessThanOrEqual(width);
  }
});
