import { describe, expect, it } from 'vitest';
import { MlstackError } from '../errors/mlstack-error.ts';
import type { Project } from '../project/project.ts';
import { createFixtureProject } from '../project/testing/fixture-project.ts';
import { describeComponent, listComponents } from './describe-component.ts';
import { copyComponent, registerComponent } from './register-component.ts';
import { readComponentLogs } from './run-lifecycle.ts';

const bucket = { type: 'artifact-store', name: 'prod', flavor: 'bucket' } as const;

/** The error, and proof that it changed nothing. */
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

describe('registering a component', () => {
  it('stores the config as given, with the defaults of locations', async () => {
    const project = createFixtureProject();
    await registerComponent(project, { type: 'artifact-store', name: 'mine', flavor: 'local', config: {} });
    const stored = project.registry.read().components.find(({ name }) => name === 'mine');
    expect(stored).toMatchObject({ flavor: 'local', config: { path: '.mlstack/artifacts' } });
    expect(stored?.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses an unknown flavor and suggests the nearest', async () => {
    const project = createFixtureProject();
    const error = await refusal(project, () => registerComponent(project, { ...bucket, flavor: 'buckt', config: {} }));
    expect(error).toMatchObject({ code: 'FLAVOR_NOT_FOUND', kind: 'input' });
    expect(error.hint).toContain('Did you mean "bucket"?');
  });

  it('tells an unknown key with the nearest one, a wrong type and a missing field at once', async () => {
    const project = createFixtureProject();
    const error = await refusal(project, () =>
      registerComponent(project, { ...bucket, config: { pth: 's3://b', parts: 'many', retry: { atempts: 2 } } }),
    );
    expect(error.message).toContain('pth: is not a field of this flavor');
    expect(error.message).toContain('parts: expected number, received string');
    expect(error.message).toContain('path: is required');
    expect(error.message).toContain('retry.atempts: is not a field');
    expect(error).toMatchObject({
      issues: expect.arrayContaining([expect.objectContaining({ path: ['pth'], hint: 'Did you mean "path"?' })]),
    });
  });

  it('tells a hostile key on one line', async () => {
    const project = createFixtureProject();
    const config = { path: 's3://b', 'a\nb': 1, ['k'.repeat(10_000)]: 1 };
    const error = await refusal(project, () => registerComponent(project, { ...bucket, config }));
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.message.length).toBeLessThan(400);
  });

  it('refuses a secret in clear, nested too, without repeating it', async () => {
    const project = createFixtureProject();
    const config = { path: 's3://b', secretKey: 'hunter2-hunter2', retry: { token: 'tok-123456' } };
    const error = await refusal(project, () => registerComponent(project, { ...bucket, config }));
    expect(error.message).toContain('secretKey: is secret and would be stored in clear');
    expect(error.message).toContain('retry.token: is secret');
    expect(error.message + error.hint).not.toMatch(/hunter2|tok-123456/);
    expect(error.hint).toContain('{{env.SECRET_KEY}}');
  });

  it('takes a reference in any field, whatever its type, and stores it unresolved', async () => {
    const project = createFixtureProject();
    const config = {
      path: 's3://{{env.BUCKET}}',
      secretKey: '{{env.KEY}}',
      parts: '{{env.PARTS}}',
      endpoint: '{{env.URL}}',
    };
    await registerComponent(project, { ...bucket, config });
    expect((await describeComponent(project, 'artifact-store', 'prod')).config).toEqual(config);
  });

  it('refuses braces that are no reference', async () => {
    const project = createFixtureProject();
    for (const path of ['s3://{{BUCKET}}', 's3://{{env.}}', 's3://{{env.A', 's3://{{secret.key}}']) {
      const error = await refusal(project, () => registerComponent(project, { ...bucket, config: { path } }));
      expect(error.message).toContain('is no reference');
    }
  });

  it('refuses a path whose scheme the flavor cannot store in', async () => {
    const project = createFixtureProject();
    for (const [flavor, path] of [
      ['local', 's3://bucket'],
      ['bucket', './folder'],
      ['bucket', 'gs://bucket'],
    ] as const) {
      const error = await refusal(project, () => registerComponent(project, { ...bucket, flavor, config: { path } }));
      expect(error.message).toContain('is not what flavor');
    }
  });

  it('refuses fields that begin with an underscore', async () => {
    const project = createFixtureProject();
    const error = await refusal(project, () =>
      registerComponent(project, { type: 'orchestrator', name: 'o', flavor: 'local', config: { _cache: 'x' } }),
    );
    expect(error.message).toContain('_cache: begins with "_"');
  });

  it.each(['', '../x', 'a\nb', 'x'.repeat(10_000), '1st', 'a b', '__proto__', 'ä'])(
    'refuses the name %j',
    async (name) => {
      const project = createFixtureProject();
      const error = await refusal(project, () =>
        registerComponent(project, { ...bucket, name, config: { path: 's3://b' } }),
      );
      expect(error.code).toBe('VALIDATION_FAILED');
      expect(error.message.length).toBeLessThan(300);
      expect(error.message).not.toContain('a\nb');
    },
  );

  it('takes names that objects have by birth', async () => {
    const project = createFixtureProject();
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      await registerComponent(project, { ...bucket, name, config: { path: 's3://b' } });
    }
    expect(listComponents(project, 'artifact-store').map(({ name }) => name)).toContain('constructor');
  });

  it('refuses a name that is taken, whatever its case', async () => {
    const project = createFixtureProject();
    const error = await refusal(project, () =>
      registerComponent(project, { ...bucket, name: 'DEFAULT', config: { path: 's3://b' } }),
    );
    expect(error.code).toBe('COMPONENT_EXISTS');
  });

  it('copies a component under a new id', async () => {
    const project = createFixtureProject();
    const copy = await copyComponent(project, 'artifact-store', 'default', 'other');
    expect(copy.config).toEqual({ path: '.mlstack/artifacts' });
    expect(new Set(project.registry.read().components.map(({ id }) => id)).size).toBe(4);
  });
});

describe('describing a component', () => {
  it('shows references, defaults and who uses it, and hides a secret that somebody wrote by hand', async () => {
    const project = createFixtureProject();
    await registerComponent(project, { ...bucket, config: { path: 's3://b', secretKey: '{{env.KEY}}' } });
    await project.registry.update((document) => ({
      ...document,
      components: document.components.map((one) =>
        one.name === 'prod' ? { ...one, config: { ...one.config, retry: { token: 'in-clear' }, _x: 1 } } : one,
      ),
    }));
    expect(await describeComponent(project, 'artifact-store', 'prod')).toMatchObject({
      active: false,
      stacks: [],
      config: { path: 's3://b', secretKey: '{{env.KEY}}', retry: { token: '***' } },
      defaults: { parts: 4 },
    });
    expect(JSON.stringify(await describeComponent(project, 'artifact-store', 'prod'))).not.toMatch(/in-clear|_x/);
    expect(await describeComponent(project, 'artifact-store')).toMatchObject({ name: 'default', active: true });
  });

  it('names the nearest component for one that is not there', async () => {
    const project = createFixtureProject();
    await expect(describeComponent(project, 'artifact-store', 'defualt')).rejects.toMatchObject({
      code: 'COMPONENT_NOT_FOUND',
      hint: 'Did you mean "default"?',
    });
  });

  it('gives the lines that a component writes, without its secrets', async () => {
    const project = createFixtureProject();
    const config = { channel: 'general', token: '{{env.MLSTACK_TEST_TOKEN}}' };
    await registerComponent(project, { type: 'alerter', name: 'chat', flavor: 'chat', config });
    process.env.MLSTACK_TEST_TOKEN = 'very-secret';
    const lines = await readComponentLogs(project, 'alerter', 'chat', { follow: false });
    const read: string[] = [];
    for await (const line of lines ?? []) read.push(line);
    expect(read).toEqual(['posted to general', 'with ***']);
    expect(await readComponentLogs(project, 'orchestrator', undefined, { follow: false })).toBeUndefined();
  });
});
