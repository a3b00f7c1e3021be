import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeComponent } from '../component/describe-component.ts';
import { registerComponent } from '../component/register-component.ts';
import { deleteComponent, updateComponent } from '../component/update-component.ts';
import { diagnoseProject } from '../project/diagnose-project.ts';
import { initializeProject } from '../project/initialize-project.ts';
import { Project } from '../project/project.ts';
import { describeProject } from '../project/project-status.ts';
import { createFixtureProject, fixturePackage, writeFiles } from '../project/testing/fixture-project.ts';
import { deleteStack, previewStackDeletion, registerStack } from './change-stacks.ts';
import { getActiveStack } from './list-stacks.ts';
import { startStack, stopStack } from './stack-lifecycle.ts';

function outcomes(report: Awaited<ReturnType<typeof startStack>>): string[] {
  return report.components.map(({ type, calls, state, error }) =>
    [type, ...calls.map(({ call, outcome }) => `${call} ${outcome}`), state ?? error?.message].join(', '),
  );
}

it('a stack goes up in the order of need and down in the reverse, twice without harm', async () => {
  const project = createFixtureProject();
  expect(outcomes(await startStack(project))).toEqual([
    'artifact-store, provision changed, resume not-applicable, ready',
    'metadata-store, provision not-applicable, resume not-applicable, not-provisioned',
    'orchestrator, provision not-applicable, resume not-applicable, ready',
  ]);
  expect((await startStack(project)).components[0]?.calls[0]?.outcome).toBe('unchanged');
  expect(outcomes(await stopStack(project))[0]).toBe('orchestrator, suspend not-applicable, ready');
  expect(outcomes(await stopStack(project, 'default', { deprovision: true }))[2]).toBe(
    'artifact-store, deprovision changed, not-provisioned',
  );
  expect((await stopStack(project, 'default', { deprovision: true })).components[2]?.calls[0]?.outcome).toBe(
    'unchanged',
  );
});

it('who deletes what is provisioned is told what stays, until it was asked to be removed', async () => {
  const project = createFixtureProject();
  const register = async (name: string) => {
    await registerComponent(project, { type: 'artifact-store', name, flavor: 'local', config: { path: name } });
    await registerStack(project, {
      name,
      components: { ...getActiveStack(project).components, 'artifact-store': name },
    });
  };
  await register('kept');
  await startStack(project, 'kept');
  const left = [{ type: 'artifact-store', name: 'kept', provisioned: ['what it was provisioned with'] }];
  expect(await describeComponent(project, 'artifact-store', 'kept')).toMatchObject(left[0] as object);
  expect(previewStackDeletion(project, 'kept', true).components).toEqual(left);
  expect((await deleteStack(project, 'kept', { recursive: true })).components).toEqual(left);

  await register('cleared');
  await startStack(project, 'cleared');
  await stopStack(project, 'cleared', { deprovision: true });
  expect(previewStackDeletion(project, 'cleared', true).components).toEqual([
    { type: 'artifact-store', name: 'cleared' },
  ]);
  await deleteStack(project, 'cleared');
  expect(await deleteComponent(project, 'artifact-store', 'cleared')).toEqual({
    type: 'artifact-store',
    name: 'cleared',
  });
});

it('a component that fails on the way up holds up no other', async () => {
  const project = createFixtureProject();
  await updateComponent(project, 'orchestrator', 'default', { broken: true });
  await updateComponent(project, 'metadata-store', 'default', { path: '{{env.MLSTACK_TEST_UNSET}}' });
  const report = await startStack(project);
  expect(report.failed).toBe(true);
  expect(report.components.map(({ error }) => error?.code)).toEqual([undefined, 'REFERENCE_UNRESOLVED', 'UNEXPECTED']);
  expect(existsSync(join(project.directory, '.mlstack/artifacts'))).toBe(true);
});

it('status shows states, packages, the outer project and problems', async () => {
  const outer = createFixtureProject();
  const directory = join(outer.directory, 'inner');
  writeFiles(directory, {
    'package.json': { dependencies: { 'mlstack-flavor-fixture': '1', 'mlstack-flavor-gone': '1' } },
    ...fixturePackage('node_modules/mlstack-flavor-fixture'),
  });
  initializeProject(directory);
  const project = new Project(directory, 'found');
  await updateComponent(project, 'orchestrator', 'default', { broken: true });
  expect(await describeProject(project)).toMatchObject({
    directory,
    outer: outer.directory,
    stack: 'default',
    components: [
      { type: 'orchestrator', state: 'failed', message: 'broken on purpose' },
      { type: 'artifact-store', state: 'not-provisioned' },
      { type: 'metadata-store', state: 'not-provisioned' },
    ],
    packages: [{ name: 'mlstack-flavor-fixture', origin: 'project' }],
    problems: [expect.stringContaining('mlstack-flavor-gone')],
  });
});

it('doctor gives each finding with its fix', async () => {
  const project = createFixtureProject();
  await updateComponent(project, 'orchestrator', 'default', { broken: true });
  const { findings, healthy } = await diagnoseProject(project);
  expect(healthy).toBe(false);
  expect(findings.filter(({ level }) => level !== 'ok').every(({ fix }) => fix !== undefined)).toBe(true);
  expect(findings.map(({ subject }) => subject)).toEqual([
    'Node',
    'permissions',
    'clock',
    'status',
    'status',
    'status',
  ]);
  expect(findings[3]).toMatchObject({ level: 'problem', component: { type: 'orchestrator', name: 'default' } });
});
