import { expect, test } from 'vitest';
import { ArtifactStore } from './artifact-store.ts';
import type { ComponentInit } from './stack-component.ts';
import { StackComponent } from './stack-component.ts';

class Plain extends StackComponent<object> {}

function plainConfigOf(config: object): object | undefined {
  const init: ComponentInit<object> = {
    id: 'i',
    name: 'n',
    type: 'alerter',
    flavor: 'f',
    config,
    context: { projectDirectory: '/', stateDirectory: '/' },
  };
  return new Plain(init).plainConfig();
}

test.each([
  {},
  { path: 'a', depth: 1, isOpen: false, nothing: null },
  { list: [1, 'two', { three: [3] }], nested: { deep: { deeper: true } } },
])('%j is a config that JSON holds all of', (config) => {
  expect(plainConfigOf(config)).toBe(config);
});

test.each([
  ['a date', { at: new Date(0) }],
  ['a set', { names: new Set(['a']) }],
  ['a function', { call: () => 1 }],
  ['what is undefined', { missing: undefined }],
  ['what is undefined in a list', { list: [undefined] }],
  ['no number', { ratio: Number.NaN }],
  ['an infinite number', { limit: Number.POSITIVE_INFINITY }],
  ['a negative zero', { zero: -0 }],
  ['a large number', { size: 1n }],
  ['a symbol', { [Symbol('s')]: 1 }],
  ['an object of a class', { store: Object.create(ArtifactStore.prototype) }],
])('one with %s is made by the schema each time', (_what, config) => {
  expect(plainConfigOf(config)).toBeUndefined();
});
