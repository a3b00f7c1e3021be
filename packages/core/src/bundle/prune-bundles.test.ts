import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pruneBundles } from './prune-bundles.ts';
import { TemporaryProject } from './testing/temporary-project.ts';

const later = () => new Date(Date.now() + 60_000);
const nothingNeeded = async () => new Set<string>();

/** Three versions of a module, each built; the last one is what the file has. */
async function buildThree(project: TemporaryProject): Promise<readonly [string, string, string]> {
  const digests: string[] = [];
  for (const version of [1, 2, 3]) {
    project.write({ 'pipeline.ts': `export const version = ${version};` });
    digests.push((await project.build()).digest);
  }
  return digests as [string, string, string];
}

test('Bundles that nobody needs go; those of runs, of unchanged code and of lately stay', async () => {
  using project = new TemporaryProject({});
  const [first, second, third] = await buildThree(project);
  const bundles = () => readdirSync(join(project.stateDirectory, 'bundles')).sort();
  const asked: string[][] = [];
  const findNeeded = async (digests: readonly string[]) => {
    asked.push([...digests].sort());
    return new Set([second]);
  };
  expect(await pruneBundles(project.stateDirectory, { olderThan: new Date(0), findNeeded })).toBe(0);
  expect(await pruneBundles(project.stateDirectory, { olderThan: later(), findNeeded, dryRun: true })).toBe(1);
  expect(bundles()).toEqual([first, second, third].sort());
  expect(await pruneBundles(project.stateDirectory, { olderThan: later(), findNeeded })).toBe(1);
  expect(bundles()).toEqual([second, third].sort());
  expect(asked).toEqual([[first, second].sort(), [first, second].sort()]);
  expect((await project.build()).digest).toBe(third);
});

test('The bundle of a file that has changed or gone goes with the record of its build', async () => {
  using project = new TemporaryProject({ 'pipeline.ts': 'export const a = 1;' });
  await project.build();
  project.write({ 'pipeline.ts': 'export const a = 2;' });
  expect(
    await pruneBundles(project.stateDirectory, { olderThan: later(), findNeeded: nothingNeeded, dryRun: true }),
  ).toBe(1);
  const builds = join(project.stateDirectory, 'cache/builds');
  expect(readdirSync(builds)).toHaveLength(1);
  expect(await pruneBundles(project.stateDirectory, { olderThan: later(), findNeeded: nothingNeeded })).toBe(1);
  expect(readdirSync(builds)).toHaveLength(0);
  const { directory } = await project.build();
  expect(existsSync(join(directory, 'entry.mjs'))).toBe(true);
});

test('A bundle that is taken again counts as used', async () => {
  using project = new TemporaryProject({ 'pipeline.ts': 'export const a = 1;' });
  const { directory } = await project.build();
  const longAgo = new Date(Date.now() - 86_400_000);
  utimesSync(directory, longAgo, longAgo);
  await project.build();
  project.write({ 'pipeline.ts': 'export const a = 2;' });
  const olderThan = new Date(Date.now() - 3_600_000);
  expect(await pruneBundles(project.stateDirectory, { olderThan, findNeeded: nothingNeeded })).toBe(0);
});
