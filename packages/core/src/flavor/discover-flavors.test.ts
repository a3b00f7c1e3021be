import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Project } from '../project/project.ts';
import {
  createFixtureProject,
  fixturePackage,
  temporaryDirectory,
  writeFiles,
} from '../project/testing/fixture-project.ts';
import { discoverFlavors } from './discover-flavors.ts';
import { describeFlavor, listFlavors, registerFlavor } from './manage-flavors.ts';

function manifest(flavors: unknown, rest: object = {}): object {
  return { name: 'x', version: '2.0.0', mlstack: { manifestVersion: 1, flavors }, ...rest };
}
const entry = { type: 'alerter', name: 'chat', module: './dist/x.js', export: 'x', summary: 'x' };

function names(found: ReturnType<typeof discoverFlavors>): string[] {
  return found.packages.map((one) => `${one.name}@${one.version} ${one.origin}`);
}

describe('discovering flavors', () => {
  it('finds dependencies of the package and of the workspace root, the nearest copy first', () => {
    const root = temporaryDirectory();
    writeFiles(root, {
      'package.json': { devDependencies: { '@mlstack/flavor-a': '1', 'mlstack-flavor-b': '1', lodash: '4' } },
      'node_modules/@mlstack/flavor-a/package.json': manifest([entry], { version: '1.0.0' }),
      'node_modules/mlstack-flavor-b/package.json': manifest([]),
      'node_modules/lodash/package.json': { name: 'lodash' },
      'node_modules/not-declared/package.json': manifest([entry]),
      'packages/app/package.json': { dependencies: { '@mlstack/flavor-a': '3', unlikely: '1' } },
      'packages/app/node_modules/@mlstack/flavor-a/package.json': manifest([entry], { version: '3.0.0' }),
      'packages/app/node_modules/unlikely/package.json': manifest([entry]),
    });
    const found = discoverFlavors({ directory: join(root, 'packages/app') });
    expect(names(found)).toEqual([
      '@mlstack/flavor-a@3.0.0 project',
      'unlikely@2.0.0 project',
      'mlstack-flavor-b@2.0.0 project',
    ]);
    expect(found.problems).toEqual([]);
  });

  it('names each broken package and hides no other', () => {
    const root = temporaryDirectory();
    const dependencies = ['gone', 'json', 'newer', 'entries', 'escape', 'good'].map((name) => `mlstack-flavor-${name}`);
    writeFiles(root, {
      'package.json': { dependencies: Object.fromEntries(dependencies.map((name) => [name, '1'])) },
      'node_modules/mlstack-flavor-json/package.json': '{"mlstack": ',
      'node_modules/mlstack-flavor-newer/package.json': { mlstack: { manifestVersion: 2 } },
      'node_modules/mlstack-flavor-entries/package.json': manifest([
        { ...entry, type: 'oracle' },
        entry,
        null,
        { type: 'alerter' },
        entry,
      ]),
      'node_modules/mlstack-flavor-escape/package.json': manifest([{ ...entry, module: './../../evil.js' }]),
      'node_modules/mlstack-flavor-good/package.json': manifest([{ ...entry, name: 'good' }]),
    });
    const found = discoverFlavors({ directory: root });
    expect(found.packages.flatMap((one) => one.flavors.map((flavor) => flavor.name))).toEqual(['chat', 'good']);
    expect(found.problems.map((problem) => `${problem.package}: ${problem.message}`)).toEqual([
      'mlstack-flavor-gone: it is declared and not installed: install the dependencies',
      expect.stringContaining('mlstack-flavor-json: its package.json is not JSON'),
      expect.stringContaining('mlstack-flavor-newer: its manifestVersion is 2'),
      'mlstack-flavor-entries: flavors[0]: this mlstack knows no component type "oracle"',
      'mlstack-flavor-entries: flavors[2]: is not an object',
      'mlstack-flavor-entries: flavors[3]: name, module, export, summary must be text',
      'mlstack-flavor-entries: flavors[4]: names alerter/chat a second time',
      expect.stringContaining('mlstack-flavor-escape: flavors[0]: module'),
    ]);
  });

  it("tells a project of Yarn's Plug'n'Play what to change, once", () => {
    const root = temporaryDirectory();
    const manifestOfProject = { dependencies: { '@mlstack/flavor-local': '1' } };
    writeFiles(root, {
      '.pnp.cjs': '',
      'package.json': manifestOfProject,
      'app/package.json': manifestOfProject,
      'host/package.json': manifestOfProject,
    });
    const { problems } = discoverFlavors({ directory: join(root, 'app'), host: { directory: join(root, 'host') } });
    expect(problems).toEqual([
      { package: '@mlstack/flavor-local', message: expect.stringContaining('nodeLinker: node-modules') },
    ]);
  });

  it('finds what the host depends on and what npm installed globally beside it', () => {
    const root = temporaryDirectory();
    writeFiles(root, {
      'lib/node_modules/@mlstack/cli/package.json': { dependencies: { '@mlstack/flavor-local': '1' } },
      'lib/node_modules/@mlstack/cli/node_modules/@mlstack/flavor-local/package.json': manifest([entry]),
      'lib/node_modules/mlstack-flavor-global/package.json': manifest([{ ...entry, name: 'global' }]),
      'lib/node_modules/npm/package.json': { name: 'npm' },
    });
    const host = { directory: join(root, 'lib/node_modules/@mlstack/cli') };
    expect(names(discoverFlavors({ directory: root, host }))).toEqual([
      '@mlstack/flavor-local@2.0.0 host',
      'mlstack-flavor-global@2.0.0 beside-host',
    ]);
  });

  it('finds the neighbours of a host that pnpm installed globally', () => {
    const root = temporaryDirectory();
    writeFiles(root, {
      'global/v11/aa/package.json': { dependencies: { '@mlstack/cli': '1' } },
      'global/v11/aa/store/cli/package.json': { name: '@mlstack/cli' },
      'global/v11/bb/package.json': { dependencies: { 'mlstack-flavor-s3': '1' } },
      'global/v11/bb/node_modules/mlstack-flavor-s3/package.json': manifest([entry]),
    });
    mkdirSync(join(root, 'global/v11/aa/node_modules/@mlstack'), { recursive: true });
    symlinkSync(join(root, 'global/v11/aa/store/cli'), join(root, 'global/v11/aa/node_modules/@mlstack/cli'));
    const host = {
      directory: join(root, 'global/v11/aa/store/cli'),
      program: join(root, 'global/v11/aa/node_modules/@mlstack/cli/bin/mlstack.js'),
    };
    expect(names(discoverFlavors({ directory: root, host }))).toEqual(['mlstack-flavor-s3@2.0.0 beside-host']);
  });

  it('finds what was installed for the user', () => {
    const home = temporaryDirectory();
    vi.stubEnv('HOME', home);
    writeFiles(home, {
      '.mlstack/packages/package.json': { dependencies: { 'mlstack-flavor-u': '1' } },
      '.mlstack/packages/node_modules/mlstack-flavor-u/package.json': manifest([entry]),
    });
    expect(names(discoverFlavors({ directory: temporaryDirectory() }))).toEqual(['mlstack-flavor-u@2.0.0 user']);
    vi.unstubAllEnvs();
  });
});

describe('two packages that claim the same flavor', () => {
  function conflictProject(): Project {
    const project = createFixtureProject();
    writeFiles(project.directory, {
      'package.json': { dependencies: { 'mlstack-flavor-fixture': '1', '@other/mlstack-flavor-fixture': '1' } },
      ...fixturePackage('node_modules/@other/mlstack-flavor-fixture', '@other/mlstack-flavor-fixture'),
    });
    return new Project(project.directory, 'chosen');
  }

  it('are an error that names both and says how to choose', () => {
    expect(() => conflictProject().flavors.resolve('alerter', 'chat')).toThrow(
      expect.objectContaining({
        code: 'FLAVOR_CONFLICT',
        message: expect.stringContaining('mlstack-flavor-fixture and @other/mlstack-flavor-fixture'),
        hint: expect.stringContaining('mlstack alerter flavor register @other/mlstack-flavor-fixture#alerter'),
      }),
    );
  });

  it('are listed with the reason why neither is ready', () => {
    const listed = listFlavors(conflictProject(), 'alerter');
    expect(listed.map(({ ready }) => ready)).toEqual([false, false]);
    expect(listed[0]?.reason).toContain('claimed by');
  });

  it('are told apart by registering one of them', async () => {
    const project = conflictProject();
    await registerFlavor(project, '@other/mlstack-flavor-fixture#alerter');
    expect(project.flavors.resolve('alerter', 'chat')).toMatchObject({ package: '@other/mlstack-flavor-fixture' });
    expect(await describeFlavor(project, 'alerter', 'chat')).toMatchObject({ ready: true });
  });
});
