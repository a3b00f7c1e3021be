import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleExecutor } from './bundle-executor.ts';
import type { Bundle } from './bundle-manifest.ts';

let stateDirectory: string;
let executor: Bundle;
beforeAll(async () => {
  stateDirectory = mkdtempSync(join(tmpdir(), 'mlstack-executor-'));
  executor = await bundleExecutor({ stateDirectory });
});
afterAll(() => rmSync(stateDirectory, { recursive: true }));

/** What a program in the executor's folder prints, as JSON. */
function run(program: string): unknown {
  const file = join(executor.directory, 'program.mjs');
  writeFileSync(file, program);
  return JSON.parse(execFileSync(process.execPath, [file], { encoding: 'utf8' }));
}

it('loads the language of schemas where a flavor uses it, and not before', () => {
  const loaded = `
    import { registerHooks } from 'node:module';
    let isLoaded = false;
    registerHooks({ load: (url, context, next) => { isLoaded ||= /schema-language/.test(url); return next(url, context); } });
    const { defineFlavor, ArtifactStore, z } = await import('./lazy-flavor.js');
    const flavor = defineFlavor({ type: 'alerter', name: 'a', contractVersion: 1, config: () => z.strictObject({ at: z.string().default('x') }) });
    const before = isLoaded;
    const config = flavor.config.parse({});
    console.log(JSON.stringify({ before, config, after: isLoaded, isStoreThere: typeof ArtifactStore === 'function' }));`;
  expect(run(loaded)).toEqual({ before: false, config: { at: 'x' }, after: true, isStoreThere: true });
});

it('gives flavors and steps one and the same core, of one file', () => {
  const loaded = `
    import { registerHooks } from 'node:module';
    const files = [];
    registerHooks({ load: (url, context, next) => { if (url.startsWith('file:')) files.push(url.split('/').at(-1)); return next(url, context); } });
    const [flavor, core] = await Promise.all([import('./lazy-flavor.js'), import('./index.js')]);
    console.log(JSON.stringify({ isSame: flavor.MlstackError === core.MlstackError, files: files.sort() }));`;
  expect(run(loaded)).toEqual({
    isSame: true,
    files: ['carried-core.js', 'index.js', 'lazy-flavor.js'],
  });
});

it('is found again while nothing of it has changed', async () => {
  const again = await bundleExecutor({ stateDirectory });
  expect(again.digest).toBe(executor.digest);
});
