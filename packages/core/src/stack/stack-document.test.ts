import { describe, expect, it } from 'vitest';
import { registerComponent } from '../component/register-component.ts';
import type { Project } from '../project/project.ts';
import { createFixtureProject, writeFiles } from '../project/testing/fixture-project.ts';
import { applyStack, diffStack, importStack, planStackImport } from './apply-stack-document.ts';
import { registerStack } from './change-stacks.ts';
import { getActiveStack, listStacks } from './list-stacks.ts';
import type { StackDocument } from './stack-document.ts';
import { exportStack, formatStackDocument, parseStackDocument } from './stack-document.ts';

async function bucketProject(): Promise<Project> {
  const project = createFixtureProject();
  const config = { path: 's3://{{env.BUCKET}}/x', secretKey: '{{env.SECRET}}', parts: 2 };
  await registerComponent(project, { type: 'artifact-store', name: 'prod', flavor: 'bucket', config });
  const components = { orchestrator: 'default', 'artifact-store': 'prod', 'metadata-store': 'default' };
  await registerStack(project, { name: 'prod', components });
  return project;
}

async function exported(): Promise<string> {
  return await formatStackDocument(await exportStack(await bucketProject(), 'prod'));
}

const custom = `import { Alerter, defineFlavor, z } from '@mlstack/core/flavor';
globalThis.mlstackTestRan = true;
export const bell = defineFlavor({ type: 'alerter', name: 'bell', contractVersion: 1, config: z.object({}), implementation: class extends Alerter {} });`;

function withAlerter(document: StackDocument): StackDocument {
  const alerter = { name: 'bell', flavor: 'bell', source: './bell.ts#bell', config: {} };
  return { ...document, components: { ...document.components, alerter } };
}

describe('a stack document', () => {
  it('goes out with references and redacted secrets, and comes in elsewhere', async () => {
    const text = await exported();
    expect(text).toContain('{{env.SECRET}}');
    expect(text).toContain('package: mlstack-flavor-fixture');
    const project = createFixtureProject();
    const document = await parseStackDocument('prod.yaml', text);
    const { plan } = await planStackImport(project, document);
    expect(plan.references.map(({ variable, field }) => `${field} ${variable}`)).toEqual([
      'path BUCKET',
      'secretKey SECRET',
    ]);
    await importStack(project, document, { name: 'mine', trust: true });
    expect(listStacks(project)[1]).toMatchObject({ name: 'mine', components: { 'artifact-store': 'prod' } });
    expect(project.registry.read().components).toHaveLength(4);
  });

  it('is not taken without agreement to its references and code, and none of its code runs before', async () => {
    const project = createFixtureProject();
    writeFiles(project.directory, { 'bell.ts': custom });
    const document = withAlerter(await parseStackDocument('x', await exported()));
    const before = project.registry.read();
    await expect(importStack(project, document)).rejects.toMatchObject({
      code: 'TRUST_REQUIRED',
      message: expect.stringMatching(/runs code: \.\/bell\.ts#bell[\s\S]*environment variable SECRET/),
    });
    await expect(applyStack(project, document)).rejects.toMatchObject({ code: 'TRUST_REQUIRED' });
    await planStackImport(project, document);
    expect(globalThis).not.toHaveProperty('mlstackTestRan');
    expect(project.registry.read()).toEqual(before);
    await importStack(project, document, { trust: true });
    expect(project.registry.read().customFlavors).toMatchObject([
      { type: 'alerter', name: 'bell', source: './bell.ts#bell' },
    ]);
  });

  it('that is wrong anywhere changes nothing, also no flavor', async () => {
    const project = createFixtureProject();
    writeFiles(project.directory, { 'bell.ts': custom });
    const document = withAlerter(
      await parseStackDocument('x', (await exported()).replace('parts: 2', 'parts: many\n      colour: red')),
    );
    const before = project.registry.read();
    const imported = importStack(project, document, { trust: true });
    await expect(imported).rejects.toThrow(/colour: is not a field[\s\S]*parts: expected number/);
    expect(project.registry.read()).toEqual(before);
  });

  it('whose secret was redacted asks for a reference', async () => {
    const text = (await exported()).replace('"{{env.SECRET}}"', "'***'");
    const imported = importStack(createFixtureProject(), await parseStackDocument('x', text), { trust: true });
    await expect(imported).rejects.toThrow('was left out where this came from');
  });

  it('with a component that is registered otherwise is refused by import', async () => {
    const document = await parseStackDocument('x', (await exported()).replace('.mlstack/artifacts', 'x'));
    const project = await bucketProject();
    const changed = { ...document, name: 'new', components: { ...document.components } };
    const store = changed.components['artifact-store'];
    if (store === undefined) throw new Error('exported');
    changed.components['artifact-store'] = { ...store, config: { ...store.config, parts: 9 } };
    await expect(importStack(project, changed, { trust: true })).rejects.toThrow('already with another parts');
    await expect(importStack(project, { ...changed, name: 'PROD' })).rejects.toMatchObject({ code: 'STACK_EXISTS' });
  });

  it('is compared, then applied; applied again it changes nothing', async () => {
    const project = await bucketProject();
    const document = await exportStack(project, 'prod');
    expect((await diffStack(project, document)).changes).toEqual([]);
    const store = document.components['artifact-store'];
    if (store === undefined) throw new Error('exported');
    const alerter = { name: 'chat', flavor: 'chat', config: { channel: 'x' } };
    const wanted: StackDocument = {
      ...document,
      components: {
        ...document.components,
        'artifact-store': { ...store, config: { ...store.config, parts: 9 } },
        alerter,
      },
    };
    const { changes, references } = await diffStack(project, wanted);
    expect(references).toEqual([]);
    expect(changes).toEqual([
      {
        kind: 'update-component',
        type: 'artifact-store',
        name: 'prod',
        fields: [{ field: 'parts', before: 2, after: 9 }],
      },
      { kind: 'create-component', type: 'alerter', name: 'chat', flavor: 'chat' },
      { kind: 'update-stack', name: 'prod', fields: [{ field: 'alerter', after: 'chat' }] },
    ]);
    await applyStack(project, wanted);
    expect((await diffStack(project, wanted)).changes).toEqual([]);
    const after = project.registry.read();
    await applyStack(project, wanted);
    expect(project.registry.read()).toEqual(after);
    expect(getActiveStack(project).name).toBe('default');
  });

  it.each([
    ['a: [', 'is not YAML'],
    ['', 'not an object'],
    ['formatVersion: 2', 'format version 2'],
    ['formatVersion: 1\nname: ../x\ncomponents: {}', 'name: a name is expected'],
    ['formatVersion: 1\nname: x\ncomponents: {alertr: {}}', 'no component type "alertr"'],
    ['formatVersion: 1\nname: x\ncomponents: {alerter: {name: a, flavour: b, config: {}}}', 'Did you mean "flavor"?'],
    ['formatVersion: 1\nname: x', 'components: an object'],
  ])('that reads %j is refused', async (text, message) => {
    await expect(parseStackDocument('stack.yaml', text)).rejects.toThrow(message);
  });
});
