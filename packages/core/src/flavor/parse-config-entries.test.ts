import { expect, it } from 'vitest';
import { createFixtureProject } from '../project/testing/fixture-project.ts';
import { parseConfigEntries } from './parse-config-entries.ts';

it('reads texts as the schema says, and leaves to validation what it cannot read', async () => {
  const flavor = await createFixtureProject().flavors.load('artifact-store', 'bucket');
  const entries = {
    path: '1234',
    parts: '8',
    'retry.attempts': 'x',
    'retry.token': '{{env.T}}',
    tags: '["a","b"]',
    'labels.team': '7',
    owner: 'null',
    unknown: 'true',
    '__proto__.polluted': '1',
  };
  const config = await parseConfigEntries(
    flavor,
    Object.entries(entries).map(([key, text]) => ({ key, text })),
  );
  expect(config).toMatchObject({
    path: '1234',
    parts: 8,
    retry: { attempts: 'x', token: '{{env.T}}' },
    tags: ['a', 'b'],
    labels: { team: '7' },
    owner: null,
    unknown: 'true',
  });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

it('takes a list as JSON or element by element, and any other field once', async () => {
  const flavor = await createFixtureProject().flavors.load('artifact-store', 'bucket');
  const parse = (...texts: string[]) =>
    parseConfigEntries(
      flavor,
      texts.map((text) => ({ key: text.slice(0, text.indexOf('=')), text: text.slice(text.indexOf('=') + 1) })),
    );
  expect(await parse('tags=a')).toEqual({ tags: ['a'] });
  expect(await parse('tags=a', 'tags={{env.B}}', 'tags=["c","d"]')).toEqual({ tags: ['a', '{{env.B}}', 'c', 'd'] });
  expect(await parse('tags=[]')).toEqual({ tags: [] });
  expect(await parse('tags=[a')).toEqual({ tags: '[a' });
  await expect(parse('parts=1', 'path=x', 'parts=2')).rejects.toMatchObject({
    issues: [{ path: ['parts'], message: 'is given more than once' }],
  });
});
