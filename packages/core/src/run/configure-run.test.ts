import { expect, test } from 'vitest';
import { createFixtureProject, writeFiles } from '../project/testing/fixture-project.ts';
import { configureRun } from './configure-run.ts';

test('a configuration that takes for ever to load is given up when the run is cancelled', async () => {
  const project = createFixtureProject();
  writeFiles(project.directory, {
    'mlstack.config.mjs': 'await new Promise(() => setInterval(() => {}, 1000).unref());',
  });
  const reason = new Error('cancelled');
  const configuring = configureRun(project, { file: 'pipeline.ts', signal: AbortSignal.timeout(50) });
  await expect(configuring).rejects.toThrow('timeout');
  await expect(configureRun(project, { file: 'pipeline.ts', signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

test('what the project says of every run stands below what was given', async () => {
  const project = createFixtureProject();
  writeFiles(project.directory, { 'mlstack.config.json': '{"run":{"cache":false,"runName":"nightly"}}' });
  const { signal } = new AbortController();
  expect(
    await configureRun(project, { file: 'pipeline.ts', configuration: { runName: 'mine' }, signal }),
  ).toMatchObject({
    configuration: { cache: false, runName: 'mine' },
  });
});
