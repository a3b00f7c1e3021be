import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
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

test('Several that prune at once remove each bundle once, and none of them fails', async () => {
  using project = new TemporaryProject({});
  const bundles = join(project.stateDirectory, 'bundles');
  for (let number = 0; number < 200; number++) {
    const directory = join(bundles, number.toString(16).padStart(64, '0'));
    mkdirSync(directory, { recursive: true });
    for (const file of ['bundle.json', 'entry.mjs', 'entry.mjs.map']) writeFileSync(join(directory, file), '');
  }
  const program = `
    const { pruneBundles } = await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'prune-bundles.ts')).href)});
    const findNeeded = async () => {
      process.stdout.write('ready\\n');
      await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
      return new Set();
    };
    const options = { olderThan: new Date(Date.now() + 60_000), findNeeded };
    console.log(await pruneBundles(${JSON.stringify(project.stateDirectory)}, options));
    process.exit();`;
  const children = [1, 2, 3].map(() =>
    spawn(
      process.execPath,
      [
        '--conditions=mlstack-source',
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '--eval',
        program,
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    ),
  );
  await Promise.all(children.map(({ stdout }) => once(stdout, 'readable')));
  const counts = Promise.all(children.map(async ({ stdout }) => Number((await text(stdout)).split('\n')[1])));
  const codes = Promise.all(children.map(async (child) => (await once(child, 'close'))[0]));
  for (const { stdin } of children) stdin.end('go');
  expect(await codes).toEqual([0, 0, 0]);
  expect((await counts).reduce((sum, count) => sum + count, 0)).toBe(200);
  expect(readdirSync(bundles)).toEqual([]);
});
