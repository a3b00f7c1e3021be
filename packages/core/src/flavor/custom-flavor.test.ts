import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerComponent } from '../component/register-component.ts';
import { deleteComponent } from '../component/update-component.ts';
import type { Project } from '../project/project.ts';
import { createFixtureProject, writeFiles } from '../project/testing/fixture-project.ts';
import { OpenStack, referenceTo } from '../stack/open-stack.ts';
import { deleteFlavor, describeFlavor, listFlavors, registerFlavor } from './manage-flavors.ts';

const custom = `
import { FeatureStore, defineFlavor, z } from '@mlstack/core/flavor';
enum Region { North, South }
class Shelf extends FeatureStore<{ shelf: string }> {
  constructor(readonly init: ConstructorParameters<typeof FeatureStore>[0]) { super(init as never); }
  read(): string { return this.config.shelf + Region[0]; }
}
export const shelf = defineFlavor({
  type: 'feature-store', name: 'shelf', contractVersion: 1, summary: 'a shelf',
  config: z.object({ shelf: z.string() }), implementation: Shelf as never,
});
export const old = defineFlavor({ type: 'alerter', name: 'old', contractVersion: 0, config: z.object({}), implementation: Shelf as never });
const rules = { type: 'alerter', name: 'rules', contractVersion: 1, config: z.object({}), implementation: Shelf as never };
export const ruled = defineFlavor({ ...rules, stackRules: () => [] } as never);
export const bare = defineFlavor({ ...rules, type: 'artifact-store' } as never);
export const notFlavor = { type: 'feature-store' };
`;

function customProject(): Project {
  const project = createFixtureProject();
  writeFiles(project.directory, { 'flavors/shelf.ts': custom });
  return project;
}

describe('a flavor in the project itself', () => {
  it('is registered from a TypeScript file, used, and deleted when nobody uses it', async () => {
    const project = customProject();
    const registered = await registerFlavor(project, './shelf.ts#shelf', { from: join(project.directory, 'flavors') });
    expect(registered).toEqual({
      type: 'feature-store',
      name: 'shelf',
      source: './flavors/shelf.ts#shelf',
      summary: 'a shelf',
    });
    expect(listFlavors(project, 'feature-store')).toEqual([
      expect.objectContaining({ name: 'shelf', origin: 'project', ready: true, source: './flavors/shelf.ts#shelf' }),
    ]);
    const component = await registerComponent(project, {
      type: 'feature-store',
      name: 'mine',
      flavor: 'shelf',
      config: { shelf: 'a' },
    });
    const stack = new OpenStack(project, { name: 'x', components: [referenceTo(project, component)] });
    expect((await stack.component('feature-store')) as unknown as { read(): string }).toSatisfy(
      (one: { read(): string }) => one.read() === 'aNorth',
    );
    await expect(deleteFlavor(project, 'feature-store', 'shelf')).rejects.toMatchObject({
      code: 'FLAVOR_IN_USE',
      message: expect.stringContaining('"mine"'),
    });
    await deleteComponent(project, 'feature-store', 'mine');
    await deleteFlavor(project, 'feature-store', 'shelf');
    expect(project.registry.read().customFlavors).toEqual([]);
  });

  it.each([
    ['./flavors/shelf.ts#shlf', 'exports no "shlf"', 'Did you mean "shelf"?'],
    ['./flavors/shelf.ts#notFlavor', 'is no flavor', 'defineFlavor'],
    ['./flavors/shelf.ts#old', 'version 0 of the contracts', 'Update the package'],
    ['./flavors/shelf.ts#ruled', '`stackRules` are no list of functions', 'types'],
    ['./flavors/shelf.ts#bare', 'no list of `supportedSchemes`', 'types'],
    ['./flavors/none.ts#shelf', 'there is no file', 'Check the path'],
    ['./flavors/shelf.ts', 'names no export', '#exportName'],
    ['not-installed#shelf', 'cannot be found', 'npm install not-installed'],
    ['mlstack-flavor-fixture#alerter', 'there already', 'another name'],
  ])('from %s is refused: %s', async (source, message, hint) => {
    const project = customProject();
    const before = readFileSync(project.registry.file, 'utf8');
    await expect(registerFlavor(project, source, { from: project.directory })).rejects.toMatchObject({
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(readFileSync(project.registry.file, 'utf8')).toBe(before);
  });

  it('is refused as one of another type', async () => {
    const project = customProject();
    const options = { type: 'alerter', from: project.directory } as const;
    await expect(registerFlavor(project, './flavors/shelf.ts#shelf', options)).rejects.toThrow('not of alerter');
  });

  it('whose file does not parse or throws on import is refused with its place', async () => {
    const project = customProject();
    for (const [text, message] of [
      ['export const = 1', 'broken.ts'],
      ['throw new Error("out of luck"); export const x = 1', 'out of luck'],
    ] as const) {
      writeFileSync(join(project.directory, 'broken.ts'), text);
      const registered = registerFlavor(project, './broken.ts#x', { from: project.directory });
      await expect(registered).rejects.toMatchObject({
        code: expect.any(String),
        message: expect.stringContaining(message),
      });
    }
  });

  it('whose file is gone is listed with the reason', async () => {
    const project = customProject();
    await registerFlavor(project, './flavors/shelf.ts#shelf', { from: project.directory });
    rmSync(join(project.directory, 'flavors/shelf.ts'));
    expect(listFlavors(project, 'feature-store')).toMatchObject([{ ready: false, reason: 'its file is missing' }]);
  });
});

it('a flavor of a package cannot be deleted', async () => {
  await expect(deleteFlavor(createFixtureProject(), 'alerter', 'chat')).rejects.toMatchObject({
    code: 'FLAVOR_NOT_CUSTOM',
  });
});

it('a flavor is described by its fields and as JSON Schema, without private fields', async () => {
  const project = createFixtureProject();
  const bucket = await describeFlavor(project, 'artifact-store', 'bucket');
  expect(bucket.fields).toMatchObject([
    {
      name: 'path',
      type: 'string',
      required: true,
      location: true,
      sensitive: false,
      description: 's3://bucket/prefix',
    },
    { name: 'secretKey', type: 'string', required: false, sensitive: true },
    { name: 'endpoint', type: 'string', required: false },
    { name: 'parts', type: 'integer', required: false, default: 4 },
    {
      name: 'retry',
      type: 'object',
      fields: [
        { name: 'attempts', default: 3 },
        { name: 'token', sensitive: true },
      ],
    },
    { name: 'tags', type: 'array' },
    { name: 'labels', type: 'object' },
    { name: 'owner', type: 'string', required: false },
  ]);
  const local = await describeFlavor(project, 'orchestrator', 'local');
  expect(local.fields.map(({ name }) => name)).toEqual(['concurrency', 'isolation', 'broken']);
  expect(local.fields[1]).toMatchObject({ enum: ['worker', 'in-process'], default: 'worker', type: 'string' });
  expect(JSON.stringify(local.configSchema)).not.toContain('_cache');
  expect(bucket.capabilities).toMatchObject({ supportedSchemes: ['s3'] });
});
