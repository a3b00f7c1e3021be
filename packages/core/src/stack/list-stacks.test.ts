import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { createFixtureProject } from '../project/testing/fixture-project.ts';

const source = pathToFileURL(join(import.meta.dirname, '..')).href;

/** Lists in a process of its own and tells which modules outside of core were loaded for it. */
function listAndTrace(directory: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    const { Project } = await import('${source}/project/project.ts');
    const { listStacks } = await import('${source}/stack/list-stacks.ts');
    const { listComponents } = await import('${source}/component/describe-component.ts');
    const { listFlavors } = await import('${source}/flavor/manage-flavors.ts');
    const project = new Project(${JSON.stringify(directory)}, 'chosen');
    listStacks(project); listComponents(project, 'orchestrator'); listFlavors(project);
    console.log(JSON.stringify(loaded.filter((url) => !url.startsWith('${source}'))));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }));
}

it('listing loads no code of a flavor and nothing heavy', () => {
  const loaded = listAndTrace(createFixtureProject().directory);
  const packages = loaded.filter((url) => !url.startsWith('node:'));
  expect(packages.map((url) => /node_modules\/(?:\.pnpm\/)?([^/@]+)/.exec(url)?.[1] ?? url)).toEqual(
    packages.map(() => 'fastest-levenshtein'),
  );
  expect(loaded).not.toContain('node:sqlite');
});
