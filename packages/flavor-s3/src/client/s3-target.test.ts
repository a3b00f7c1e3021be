import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { s3Config } from '../artifact-store.ts';
import { explainS3Error } from '../s3-errors.ts';
import { addressOf, encodeQuery, resolveTarget } from './s3-target.ts';

async function urlOf(config: object, bucket = 'bucket', key?: string): Promise<string> {
  const target = await resolveTarget(s3Config().parse({ path: 's3://bucket', ...config }));
  const { origin, path, host } = addressOf(target, bucket, key);
  expect(origin.endsWith(`//${host}`)).toBe(true);
  return origin + path;
}

describe('a server at an endpoint', () => {
  const endpoint = 'https://s3.example.org:9000';

  test('has the bucket in the path, after the path of the endpoint', async () => {
    expect(await urlOf({ endpoint })).toBe('https://s3.example.org:9000/bucket');
    expect(await urlOf({ endpoint: `${endpoint}/store/` }, 'bucket', 'a/b')).toBe(
      'https://s3.example.org:9000/store/bucket/a/b',
    );
  });

  test('has it in the host name where that is wanted and can be', async () => {
    const config = { endpoint, forcePathStyle: false };
    expect(await urlOf(config)).toBe('https://bucket.s3.example.org:9000/');
    expect(await urlOf(config, 'bucket', 'key')).toBe('https://bucket.s3.example.org:9000/key');
    expect(await urlOf(config, 'with.dots')).toBe('https://s3.example.org:9000/with.dots');
    expect(await urlOf({ ...config, endpoint: 'http://s3.example.org' }, 'with.dots')).toBe(
      'http://with.dots.s3.example.org/',
    );
    expect(await urlOf({ ...config, endpoint: 'http://127.0.0.1:9000' })).toBe('http://127.0.0.1:9000/bucket');
    expect(await urlOf({ ...config, endpoint: 'http://[::1]:9000' })).toBe('http://[::1]:9000/bucket');
  });

  test('is of us-east-1 unless the store says otherwise', async () => {
    const path = 's3://bucket';
    expect(await resolveTarget(s3Config().parse({ path, endpoint }))).toMatchObject({ region: 'us-east-1' });
    const region = 'eu-central-1';
    expect(await resolveTarget(s3Config().parse({ path, endpoint, region }))).toMatchObject({ region });
  });

  test('gets each character of a key as it is', async () => {
    const key = "/a//../. b/ü+%2F?#&=:@!$'()*,;~_-.\u2028\u0001/";
    const url = await urlOf({ endpoint }, 'bucket', key);
    const path = url.slice(`${endpoint}/bucket/`.length);
    expect(path).toMatch(/^\/a\/\/\.\.\/\.%20b\/[A-Za-z0-9%~_.-]+\/$/);
    expect(decodeURIComponent(path)).toBe(key);
  });
});

test('a query is encoded, names without a value too', () => {
  expect(encodeQuery({ uploads: '', prefix: 'a b/ü*' })).toBe('uploads=&prefix=a%20b%2F%C3%BC%2A');
});

describe('without an endpoint', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mlstack-s3-target-'));
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const configure = (text: string) => writeFileSync(join(folder, 'config'), text);

  test('AWS is asked, in the region of the store', async () => {
    expect(await urlOf({ region: 'eu-central-1' }, 'bucket', 'key')).toBe(
      'https://bucket.s3.eu-central-1.amazonaws.com/key',
    );
    expect(await urlOf({ region: 'cn-north-1' })).toBe('https://bucket.s3.cn-north-1.amazonaws.com.cn/');
    expect(await urlOf({ region: 'eu-west-1' }, 'with.dots')).toBe('https://s3.eu-west-1.amazonaws.com/with.dots');
    expect(await urlOf({ region: 'eu-west-1', forcePathStyle: true })).toBe(
      'https://s3.eu-west-1.amazonaws.com/bucket',
    );
  });

  test('in that of the environment, else of the profile', async () => {
    configure('[default]\nregion = eu-west-2\n[profile other]\nregion = eu-west-3\n');
    expect(await urlOf({})).toContain('.eu-west-2.');
    expect(await urlOf({ profile: 'other' })).toContain('.eu-west-3.');
    vi.stubEnv('AWS_REGION', 'eu-north-1');
    expect(await urlOf({ profile: 'other' })).toContain('.eu-north-1.');
  });

  test('and where neither names one, the user is told what to set', async () => {
    const error = await urlOf({}).catch((thrown: unknown) => explainS3Error('prod', 'read', thrown));
    expect(error).toMatchObject({
      message: expect.stringContaining('names a region'),
      hint: expect.stringContaining('--region'),
    });
  });

  test('by the endpoints that the environment asks for', async () => {
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    expect(await urlOf({ region: 'us-west-2' })).toBe('https://bucket.s3-fips.us-west-2.amazonaws.com/');
    vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
    expect(await urlOf({ region: 'us-west-2' })).toBe('https://bucket.s3-fips.dualstack.us-west-2.amazonaws.com/');
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://all.example.org');
    expect(await urlOf({ region: 'us-west-2' })).toBe('http://bucket.all.example.org/');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://s3.example.org');
    expect(await urlOf({ region: 'us-west-2' })).toBe('http://bucket.s3.example.org/');
  });

  test('or the profile', async () => {
    configure(
      '[default]\nregion = eu-west-2\nendpoint_url = http://all.example.org\n' +
        '[profile other]\nregion = eu-west-2\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://s3.example.org\n',
    );
    expect(await urlOf({})).toBe('http://bucket.all.example.org/');
    expect(await urlOf({ profile: 'other' })).toBe('http://bucket.s3.example.org/');
  });
});
