import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { registerComponent } from '../component/register-component.ts';
import {
  deleteComponent,
  removeComponentAttributes,
  renameComponent,
  updateComponent,
} from '../component/update-component.ts';
import { MlstackError } from '../errors/mlstack-error.ts';
import { Project } from '../project/project.ts';
import { createFixtureProject, writeFiles } from '../project/testing/fixture-project.ts';
import {
  copyStack,
  deleteStack,
  previewStackDeletion,
  registerStack,
  removeStackComponents,
  renameStack,
  setActiveStack,
  updateStack,
} from './change-stacks.ts';
import { describeStack } from './describe-stack.ts';
import { getActiveStack, listStacks } from './list-stacks.ts';
import { validateStack } from './validate-stack.ts';

const parts = { orchestrator: 'default', 'artifact-store': 'default', 'metadata-store': 'default' } as const;

async function refusal(project: Project, action: () => Promise<unknown>): Promise<MlstackError> {
  const before = project.registry.read();
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(project.registry.read()).toEqual(before);
  if (!MlstackError.is(error)) throw error ?? new Error('was not refused');
  return error;
}

async function withBucket(project: Project): Promise<void> {
  await registerComponent(project, {
    type: 'artifact-store',
    name: 'prod',
    flavor: 'bucket',
    config: { path: 's3://b' },
  });
}

describe('stacks', () => {
  it('are registered, listed, chosen, renamed, copied and deleted', async () => {
    const project = createFixtureProject();
    await registerStack(project, { name: 'other', components: { ...parts, orchestrator: 'DEFAULT' } });
    expect(listStacks(project)).toEqual([
      { name: 'default', active: true, components: parts },
      { name: 'other', active: false, components: parts },
    ]);
    await setActiveStack(project, 'OTHER');
    expect(getActiveStack(project).name).toBe('other');
    await renameStack(project, 'other', 'Other2');
    expect(project.registry.read().activeStack).toBe('Other2');
    await renameStack(project, 'other2', 'OTHER2');
    await copyStack(project, 'OTHER2', 'third');
    await deleteStack(project, 'default');
    expect(listStacks(project).map(({ name }) => name)).toEqual(['OTHER2', 'third']);
  });

  it('are refused with all that is wrong at once', async () => {
    const project = createFixtureProject();
    await registerComponent(project, {
      type: 'artifact-store',
      name: 'far',
      flavor: 'local',
      config: { path: '/forbidden' },
    });
    const error = await refusal(project, () =>
      registerStack(project, {
        name: '1',
        components: { orchestrator: 'default', 'artifact-store': 'far', alerter: 'chta' },
      }),
    );
    expect(error.message).toContain('the name of a stack cannot be "1"');
    expect(error.message).toContain('metadata-store: a stack needs one metadata store');
    expect(error.message).toContain('alerter: there is no alerter "chta"');
    expect(error.message).toContain('orchestrator: cannot reach /forbidden');
  });

  it('are refused under a name that is taken, whatever its case', async () => {
    const project = createFixtureProject();
    for (const action of [
      () => registerStack(project, { name: 'Default', components: parts }),
      () => copyStack(project, 'default', 'DEFAULT'),
    ]) {
      expect((await refusal(project, action)).code).toBe('STACK_EXISTS');
    }
  });

  it('that are not there are told with the nearest name', async () => {
    const project = createFixtureProject();
    for (const action of [
      () => setActiveStack(project, 'defalt'),
      () => deleteStack(project, 'defalt'),
      () => describeStack(project, 'defalt'),
      () => renameStack(project, 'defalt', 'x'),
    ]) {
      expect(await refusal(project, action)).toMatchObject({
        code: 'STACK_NOT_FOUND',
        hint: 'Did you mean "default"?',
      });
    }
  });

  it('are changed unless that makes them invalid', async () => {
    const project = createFixtureProject();
    await withBucket(project);
    expect((await updateStack(project, undefined, { 'artifact-store': 'prod' })).components['artifact-store']).toBe(
      'prod',
    );
    expect((await refusal(project, () => updateStack(project, undefined, { orchestrator: 'none' }))).message).toContain(
      'none',
    );
    expect(
      (await refusal(project, () => removeStackComponents(project, 'default', ['orchestrator']))).message,
    ).toContain('a stack needs one orchestrator');
    expect((await refusal(project, () => removeStackComponents(project, 'default', ['alerter']))).message).toContain(
      'has none',
    );
    await registerComponent(project, { type: 'alerter', name: 'a', flavor: 'chat', config: { channel: 'x' } });
    await updateStack(project, 'default', { alerter: 'a' });
    expect((await removeStackComponents(project, 'default', ['alerter'])).components).not.toHaveProperty('alerter');
  });

  it('are not deleted while active, and take with them only what no other uses', async () => {
    const project = createFixtureProject();
    await withBucket(project);
    await registerStack(project, { name: 'other', components: { ...parts, 'artifact-store': 'prod' } });
    expect((await refusal(project, () => deleteStack(project, 'default'))).code).toBe('STACK_IS_ACTIVE');
    expect(previewStackDeletion(project, 'other', true).components).toEqual([{ type: 'artifact-store', name: 'prod' }]);
    await deleteStack(project, 'other', { recursive: true });
    expect(project.registry.read().components.map(({ name }) => name)).toEqual(['default', 'default', 'default']);
  });

  it('whose component was deleted by hand are shown and validated as such, and can be repaired', async () => {
    const project = createFixtureProject();
    await withBucket(project);
    const document = project.registry.read();
    const components = document.components.filter(({ type, name }) => type !== 'artifact-store' || name !== 'default');
    writeFileSync(project.registry.file, JSON.stringify({ ...document, components }));
    expect(listStacks(project)).toHaveLength(1);
    expect((await describeStack(project)).components).toContainEqual({ type: 'artifact-store', name: 'default' });
    expect(await validateStack(project)).toMatchObject({
      valid: false,
      issues: [{ path: ['artifact-store'], message: 'there is no artifact store "default"' }],
    });
    await updateStack(project, undefined, { 'artifact-store': 'prod' });
    expect(await validateStack(project)).toMatchObject({ valid: true });
  });

  it('whose flavor package is gone say so for that component alone', async () => {
    const project = createFixtureProject();
    await withBucket(project);
    writeFiles(project.directory, { 'package.json': {} });
    const { issues } = await validateStack(new Project(project.directory, 'chosen'));
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'orchestrator: No flavor "local" of orchestrator is installed.',
      'artifact-store: No flavor "local" of artifact store is installed.',
      'metadata-store: No flavor "local" of metadata store is installed.',
    ]);
  });

  it('follow the choice of one command', async () => {
    const project = createFixtureProject();
    await registerStack(project, { name: 'other', components: parts });
    const chosen = new Project(project.directory, 'chosen', { stack: 'other' });
    expect(getActiveStack(chosen)).toMatchObject({ name: 'other', active: false });
  });
});

describe('components of stacks', () => {
  it('are renamed in their stacks and keep their id', async () => {
    const project = createFixtureProject();
    const { id } = project.registry.read().components[1] as { id: string };
    expect(await renameComponent(project, 'artifact-store', 'default', 'files')).toMatchObject({ id, name: 'files' });
    expect(getActiveStack(project).components['artifact-store']).toBe('files');
    await registerComponent(project, { type: 'artifact-store', name: 'two', flavor: 'local', config: {} });
    expect((await refusal(project, () => renameComponent(project, 'artifact-store', 'two', 'FILES'))).code).toBe(
      'COMPONENT_EXISTS',
    );
  });

  it('are not deleted, and the stacks that use them are named', async () => {
    const project = createFixtureProject();
    await copyStack(project, 'default', 'second');
    const error = await refusal(project, () => deleteComponent(project, 'orchestrator', 'default'));
    expect(error).toMatchObject({ code: 'COMPONENT_IN_USE', stacks: ['default', 'second'] });
  });

  it('are not changed so that a stack becomes invalid', async () => {
    const project = createFixtureProject();
    const error = await refusal(project, () =>
      updateComponent(project, 'artifact-store', 'default', { path: '/forbidden' }),
    );
    expect(error.message).toContain('stack "default"');
  });

  it('are changed field by field, also inside objects, and fields are removed', async () => {
    const project = createFixtureProject();
    await withBucket(project);
    await updateComponent(project, 'artifact-store', 'prod', { retry: { attempts: 5 }, parts: 8 });
    const changed = await updateComponent(project, 'artifact-store', 'prod', { retry: { token: '{{env.T}}' } });
    expect(changed.config).toEqual({ path: 's3://b', parts: 8, retry: { attempts: 5, token: '{{env.T}}' } });
    const removed = await removeComponentAttributes(project, 'artifact-store', 'prod', ['retry.token', 'parts']);
    expect(removed.config).toEqual({ path: 's3://b', retry: { attempts: 5 } });
    expect(
      (await refusal(project, () => removeComponentAttributes(project, 'artifact-store', 'prod', ['retr']))).message,
    ).toContain('retr: is not set');
    expect(
      (await refusal(project, () => removeComponentAttributes(project, 'artifact-store', 'prod', ['path']))).message,
    ).toContain('path: is required');
  });

  it('stay where they are while records point there', async () => {
    const project = createFixtureProject();
    const { id } = project.registry.read().components[1] as { id: string };
    await updateComponent(project, 'artifact-store', 'default', { path: './elsewhere' });
    writeFiles(project.directory, { '.mlstack/metadata.db/counts.json': { [id]: 3, runs: [{}] } });
    expect(
      await refusal(project, () => updateComponent(project, 'artifact-store', 'default', { path: './third' })),
    ).toMatchObject({
      code: 'LOCATION_IN_USE',
      message: expect.stringContaining('3 artifacts of metadata store "default" lie there'),
    });
    expect(
      (await refusal(project, () => updateComponent(project, 'metadata-store', 'default', { path: './x.db' }))).code,
    ).toBe('LOCATION_IN_USE');
  });
});
