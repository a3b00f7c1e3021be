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
