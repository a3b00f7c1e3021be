import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkStructure } from './check-structure.ts';

const repositories: string[] = [];

/** A repository with the given files; a package.json is made for each package that has none. */
function createRepository(files: Record<string, string>): string {
  const repository = mkdtempSync(join(tmpdir(), 'mlstack-structure-'));
  repositories.push(repository);
  execFileSync('git', ['init', '--quiet'], { cwd: repository });
  const all = new Map<string, string>();
  for (const folder of Object.keys(files).flatMap((file) => /^packages\/([^/]+)/.exec(file)?.[1] ?? [])) {
    all.set(`packages/${folder}/package.json`, JSON.stringify({ name: `@mlstack/${folder}` }));
  }
  for (const [file, content] of [...all, ...Object.entries(files)]) {
    mkdirSync(dirname(join(repository, file)), { recursive: true });
    writeFileSync(join(repository, file), content);
  }
  return repository;
}

function listErrors(files: Record<string, string>): string[] {
  return checkStructure(createRepository(files)).map(({ file, message }) => `${file} ${message}`);
}

afterEach(() => {
  for (const repository of repositories.splice(0)) rmSync(repository, { recursive: true });
});

const dependsOn = (name: string, ...dependencies: string[]) =>
  JSON.stringify({ name, dependencies: Object.fromEntries(dependencies.map((dependency) => [dependency, '*'])) });

test('a flavor and the command line may import core', () => {
  const errors = listErrors({
    'packages/core/src/index.ts': 'export const a = 1;\n',
    'packages/cli/package.json': dependsOn('@mlstack/cli', '@mlstack/core'),
    'packages/cli/src/index.ts': "import { a } from '@mlstack/core';\n\na;\n",
    'packages/flavor-x/package.json': dependsOn('@mlstack/flavor-x', '@mlstack/core'),
    'packages/flavor-x/src/index.ts': "import type { A } from '@mlstack/core/flavor';\n",
  });
  expect(errors).toEqual([]);
});

test.each([
  ['core', 'flavor-x', "import { a } from '@mlstack/flavor-x';\n"],
  ['core', 'cli', "import type { A } from '@mlstack/cli';\n"],
  ['cli', 'flavor-local', "export { a } from '@mlstack/flavor-local';\n"],
  ['flavor-x', 'flavor-y', "const load = () => import('@mlstack/flavor-y');\n"],
  ['flavor-x', 'cli', "import '@mlstack/cli';\n"],
])('%s must not import %s', (importer, imported, source) => {
  const errors = listErrors({
    [`packages/${importer}/package.json`]: dependsOn(`@mlstack/${importer}`, `@mlstack/${imported}`),
    [`packages/${importer}/src/index.ts`]: source,
  });
  expect(errors).toEqual([
    `packages/${importer}/src/index.ts imports @mlstack/${imported}: packages/${importer} must not depend on packages/${imported}`,
  ]);
});

test('an import cycle is an error that names the files on it', () => {
  const errors = listErrors({
    'packages/core/src/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
    'packages/core/src/b.ts': "export { c as b } from './folder/c.ts';\n",
    'packages/core/src/folder/c.ts': "import { a } from '../a.ts';\nexport const c = () => a;\n",
  });
  expect(errors).toEqual([
    'packages/core/src/folder/c.ts closes an import cycle: src/a.ts → src/b.ts → src/folder/c.ts → src/a.ts',
  ]);
});

test('a cycle of types alone is none, nor is one that a lazy import opens', () => {
  const errors = listErrors({
    'packages/core/src/a.ts': "import type { B } from './b.ts';\nexport type A = B;\n",
    'packages/core/src/b.ts': "import { type A } from './a.ts';\nexport type B = A;\n",
    'packages/core/src/c.ts': "export const load = () => import('./d.ts');\n",
    'packages/core/src/d.ts': "import { load } from './c.ts';\n\nload;\n",
  });
  expect(errors).toEqual([]);
});

test('an import that the package does not declare, or from outside the package, is an error', () => {
  const errors = listErrors({
    'packages/core/src/a.ts': "import 'zod/mini';\nimport '../../cli/src/b.ts';\nimport 'node:fs';\n",
    'packages/core/src/a.test.ts': "import 'vitest';\n",
  });
  expect(errors).toEqual([
    'packages/core/src/a.ts imports zod, which packages/core/package.json does not declare',
    'packages/core/src/a.ts imports ../../cli/src/b.ts, a file outside its package',
  ]);
});

test('a file that is named for nothing in particular is an error, a secrets manager is not', () => {
  const errors = listErrors({
    'packages/core/src/utils.ts': '',
    'packages/core/src/string-helpers.test.ts': '',
    'packages/core/src/common/a.ts': '',
    'packages/core/src/secrets-manager.ts': '',
  });
  expect(errors).toEqual([
    'packages/core/src/common/a.ts "common" does not say what is inside',
    'packages/core/src/string-helpers.test.ts "string-helpers" does not say what is inside',
    'packages/core/src/utils.ts "utils" does not say what is inside',
  ]);
});

test('a file of more than 400 lines is a warning', () => {
  const repository = createRepository({ 'packages/core/src/a.ts': '\n'.repeat(401) });
  expect(checkStructure(repository)).toMatchObject([{ level: 'warning', file: 'packages/core/src/a.ts' }]);
});

test("a machine's path and a registry's host are errors in any tracked file", () => {
  const machinePath = ['', 'home', 'someone', 'project'].join('/');
  const errors = listErrors({
    'packages/core/README.md': `First line\nRun it in ${machinePath}\n`,
    'pnpm-lock.yaml': `tarball: ${'https:'}//registry.example.org/x.tgz\n`,
  });
  expect(errors.sort()).toEqual([
    'packages/core/README.md line 2 has a path of one machine',
    "pnpm-lock.yaml line 1 has a registry's host name",
  ]);
});
