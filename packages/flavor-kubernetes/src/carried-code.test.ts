import type { PlanView } from '@mlstack/core/flavor';
import { expect, test } from 'vitest';
import { carriedCode } from './carried-code.ts';

const key = 'orchestrator/kubernetes';
const externals = [
  {
    name: 'better-sqlite3',
    version: '12.4.1',
    directory: '/app/node_modules/better-sqlite3',
    reason: 'has native code',
  },
];

function viewOf(view: { config?: object; image?: string; externals?: PlanView['externals'] }): PlanView {
  const vendor = view.image === undefined ? {} : { vendor: { [key]: { image: view.image } } };
  const node = { id: 'train', settings: vendor } as unknown as PlanView['nodes'][number];
  return { config: { ...view.config }, settingsKey: key, nodes: [node], externals: view.externals ?? externals };
}

test('a package with native code is named where a step runs on the stock image, with what to do', () => {
  expect(carriedCode(viewOf({}))).toEqual([
    {
      path: ['train'],
      message: 'the package better-sqlite3@12.4.1 cannot be carried to a pod: it has native code',
      hint: expect.stringMatching(
        /npm install better-sqlite3@12\.4\.1.*mlstack orchestrator update NAME --image=IMAGE/,
      ),
    },
  ]);
});

test('an image of the user’s own is trusted to have it', () => {
  expect(carriedCode(viewOf({ config: { image: 'own:1' } }))).toEqual([]);
  expect(carriedCode(viewOf({ image: 'own:1' }))).toEqual([]);
  const podTemplate = { spec: { containers: [{ name: 'step', image: 'own:1' }] } };
  expect(carriedCode(viewOf({ config: { podTemplate } }))).toEqual([]);
});

test('code that carries everything runs on the stock image', () => {
  expect(carriedCode(viewOf({ externals: [] }))).toEqual([]);
});
