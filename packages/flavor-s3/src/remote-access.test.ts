import { describe, expect, test } from 'vitest';
import { s3RemoteAccess } from './remote-access.ts';

const keys = { accessKeyId: '{{env.ID}}', secretAccessKey: '{{env.SECRET}}' };

describe('access to an S3 store from elsewhere', () => {
  test('goes by keys where both are given', () => {
    expect(s3RemoteAccess({ path: 's3://bucket', region: 'eu-west-1', ...keys })).toEqual({ by: 'references' });
    expect(s3RemoteAccess({ endpoint: 'http://10.0.0.1:9000', ...keys })).toEqual({ by: 'references' });
  });

  test('goes by an identity there where the store names no keys', () => {
    expect(s3RemoteAccess({ path: 's3://bucket' })).toMatchObject({
      by: 'identity',
      hint: expect.stringContaining('{{env.'),
    });
    expect(s3RemoteAccess({ accessKeyId: '{{env.ID}}' })).toMatchObject({ by: 'identity' });
  });

  test('is none by a profile or a region that lies on this machine', () => {
    const profile = s3RemoteAccess({ path: 's3://bucket', profile: 'work' });
    expect(profile).toMatchObject({ by: 'nothing', reason: expect.stringContaining('profile work') });
    expect(s3RemoteAccess({ path: 's3://bucket', ...keys })).toMatchObject({
      by: 'nothing',
      reason: expect.stringContaining('region'),
    });
  });

  test.each([
    'http://127.0.0.1:9000',
    'http://localhost:9000',
    'http://LOCALHOST',
    'https://minio.localhost',
    'http://[::1]:9000',
    'http://[::ffff:127.0.0.1]:9000',
    'http://0.0.0.0:9000',
    'http://2130706433',
  ])('is none to the loopback endpoint %s', (endpoint) => {
    expect(s3RemoteAccess({ endpoint, ...keys })).toMatchObject({
      by: 'nothing',
      reason: expect.stringContaining(endpoint),
    });
  });

  test.each([
    'http://10.244.0.1:17480',
    'https://minio.example.org',
    'http://localhost.example.org',
    '{{env.ENDPOINT}}',
  ])('may be had to the endpoint %s', (endpoint) => {
    expect(s3RemoteAccess({ endpoint, ...keys })).toEqual({ by: 'references' });
  });
});
