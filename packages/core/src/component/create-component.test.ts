import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json-value.ts';
import { createFixtureProject } from '../project/testing/fixture-project.ts';
import { SecretValues } from '../secret/redact.ts';
import { openSnapshot, openStack, referenceTo } from '../stack/open-stack.ts';
import { createComponent } from './create-component.ts';

function bucketReference(config: JsonObject) {
  const project = createFixtureProject();
  const registered = { id: 'x', type: 'artifact-store', name: 'prod', flavor: 'bucket', config } as const;
  return { ...referenceTo(project, registered), type: 'artifact-store' as const };
}
const context = { stateDirectory: '/nowhere' };

describe('building a component', () => {
  it('resolves references, applies the whole schema and learns the secrets', async () => {
    const secrets = new SecretValues();
    const reference = bucketReference({
      path: 's3://{{env.B}}',
      secretKey: '{{env.K}}',
      endpoint: 'https://{{env.H}}',
    });
    const environment = { B: 'bucket-name', K: 'secret/key+1', H: 'host.example' };
    const store = await createComponent(reference, context, { environment, secrets });
    expect(store.config).toEqual({
      path: 's3://bucket-name',
      secretKey: 'secret/key+1',
      endpoint: 'https://host.example',
      parts: 4,
    });
    expect(secrets.redact('s3://bucket-name secret/key+1 secret%2Fkey%2B1 host.example')).toBe(
      's3://bucket-name *** *** ***',
    );
  });

  it('names every variable that is not set', async () => {
    const reference = bucketReference({ path: 's3://{{env.A_B}}', secretKey: '{{env.C_D}}' });
    await expect(createComponent(reference, context, { environment: {} })).rejects.toMatchObject({
      code: 'REFERENCE_UNRESOLVED',
      message: expect.stringMatching(/A_B \(in path\), C_D \(in secretKey\)/),
    });
  });

  it('takes a config as it is that was resolved elsewhere', async () => {
    const reference = bucketReference({ path: 's3://b', secretKey: '{{env.NOT_HERE}}' });
    const resolvedConfig = { path: 's3://b', secretKey: 'k', parts: 4, _found: true };
    const store = await createComponent({ ...reference, resolvedConfig }, context, { environment: {} });
    expect(store.config).toEqual(resolvedConfig);
    expect(await store.remoteConfig()).toEqual(resolvedConfig);
  });

  it('gives no config to elsewhere that JSON would change', async () => {
    const resolvedConfig = { path: 's3://b', since: new Date(0) };
    const store = await createComponent({ ...bucketReference({ path: 's3://b' }), resolvedConfig }, context);
    expect(await store.remoteConfig()).toBeUndefined();
  });

  it('refuses what a reference turned out to be', async () => {
    const short = bucketReference({ path: 's3://b', secretKey: '{{env.K}}' });
    await expect(createComponent(short, context, { environment: { K: 'abc' } })).rejects.toThrow('secretKey');
    const scheme = bucketReference({ path: '{{env.P}}' });
    await expect(createComponent(scheme, context, { environment: { P: './folder' } })).rejects.toThrow('plain path');
  });
});

describe('an open stack', () => {
  it('builds each component once, and closes what it built', async () => {
    const stack = await openStack(createFixtureProject());
    expect(await stack.component('artifact-store')).toBe(await stack.component('artifact-store'));
    expect(await stack.component('alerter')).toBeUndefined();
    expect(stack.snapshot.components.map(({ type, source }) => `${type} ${source.kind}`)).toEqual([
      'orchestrator package',
      'artifact-store package',
      'metadata-store package',
    ]);
    await stack.close();
  });

  it('made of a recorded snapshot finds a package that has moved since', async () => {
    const project = createFixtureProject();
    const { snapshot } = await openStack(project);
    const moved = snapshot.components.map((one) => ({ ...one, source: { ...one.source, directory: '/gone/fixture' } }));
    const stack = openSnapshot(project, { ...snapshot, components: moved as typeof snapshot.components });
    expect((await stack.component('orchestrator')).flavor).toBe('local');
  });
});
