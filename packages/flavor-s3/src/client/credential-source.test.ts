import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { s3Config } from '../artifact-store.ts';
import { CredentialSource } from './credential-source.ts';

const path = 's3://bucket';
const sourceOf = (config: object) => new CredentialSource(s3Config().parse({ path, ...config }), 'us-east-1');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-credentials-'));
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  writeFileSync(join(folder, 'credentials'), '[other]\naws_access_key_id = FILE\naws_secret_access_key = file\n');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe('credentials', () => {
  test('of the store come before all others', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'environment');
    const own = { accessKeyId: 'OWN', secretAccessKey: 'own', sessionToken: 'token' };
    expect(await sourceOf(own).get()).toEqual(own);
  });

  test('of the environment are taken unless a profile is named', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'environment');
    expect(await sourceOf({}).get()).toEqual({ accessKeyId: 'ENVIRONMENT', secretAccessKey: 'environment' });
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(await sourceOf({}).get()).toMatchObject({ accessKeyId: 'ENVIRONMENT', sessionToken: 'token' });
    expect(await sourceOf({ profile: 'other' }).get()).toMatchObject({ accessKeyId: 'FILE' });
    vi.stubEnv('AWS_PROFILE', 'other');
    expect(await sourceOf({}).get()).toMatchObject({ accessKeyId: 'FILE' });
  });

  test('that were not found are looked for again', async () => {
    const source = sourceOf({});
    await expect(source.get()).rejects.toMatchObject({ name: 'CredentialsProviderError' });
    vi.stubEnv('AWS_PROFILE', 'other');
    expect(await source.get()).toMatchObject({ accessKeyId: 'FILE' });
  });
});

describe('the credentials of a role', () => {
  /** Answers as the token service of AWS does, with credentials that last for so many seconds. */
  async function openTokenService(
    seconds: () => number,
  ): Promise<{ readonly endpoint: string; readonly asked: string[] }> {
    const asked: string[] = [];
    const server = createServer(async (incoming, answer) => {
      let text = '';
      for await (const chunk of incoming) text += chunk;
      asked.push(text);
      const expiration = new Date(Date.now() + seconds() * 1000).toISOString();
      answer.writeHead(200, { 'content-type': 'text/xml' });
      answer.end(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
        <AccessKeyId>ROLE${asked.length}</AccessKeyId><SecretAccessKey>role</SecretAccessKey><SessionToken>token</SessionToken>
        <Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close().closeAllConnections());
    return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }
  const roleArn = 'arn:aws:iam::123456789012:role/steps';

  test('are asked for where the bucket is, with the keys of the store, once for all that ask at once', async () => {
    const { endpoint, asked } = await openTokenService(() => 3600);
    const source = sourceOf({ roleArn, externalId: 'mine', endpoint, accessKeyId: 'OWN', secretAccessKey: 'own' });
    const [first, second] = await Promise.all([source.get(), source.get()]);
    expect(first).toMatchObject({ accessKeyId: 'ROLE1', secretAccessKey: 'role', sessionToken: 'token' });
    expect(second).toBe(first);
    expect(await source.get()).toBe(first);
    expect(asked).toHaveLength(1);
    expect(Object.fromEntries(new URLSearchParams(asked[0]))).toMatchObject({
      Action: 'AssumeRole',
      RoleArn: roleArn,
      ExternalId: 'mine',
    });
  });

  test('are renewed before they run out', async () => {
    let seconds = 200;
    const { endpoint } = await openTokenService(() => seconds);
    const source = sourceOf({ roleArn, endpoint, accessKeyId: 'OWN', secretAccessKey: 'own' });
    expect(await source.get()).toMatchObject({ accessKeyId: 'ROLE1' });
    seconds = 3600;
    expect(await source.get()).toMatchObject({ accessKeyId: 'ROLE2' });
    expect(await source.get()).toMatchObject({ accessKeyId: 'ROLE2' });
  });
});
