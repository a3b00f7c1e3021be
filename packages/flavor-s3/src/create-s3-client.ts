import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3Config } from './artifact-store.ts';

/** The one client of a store: every operation, presigning included, goes through it. */
export async function createS3Client(config: S3Config): Promise<S3Client> {
  const { endpoint, region, forcePathStyle, profile, maxAttempts } = config;
  const credentials = await credentialsOf(config);
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? (endpoint === undefined ? {} : { region: 'us-east-1' }) : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    maxAttempts,
    retryMode: 'standard',
    // Bodies are buffers with a Content-MD5 of ours; trailing checksums are refused by servers other than AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: false,
  });
}

async function credentialsOf({ accessKeyId, secretAccessKey, sessionToken, profile, roleArn, externalId, region }: S3Config): Promise<S3ClientConfig['credentials']> {
  const own =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  if (roleArn === undefined) return own;
  const { fromIni, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const master = own ?? (profile === undefined ? undefined : fromIni({ profile }));
  return fromTemporaryCredentials({
    params: { RoleArn: roleArn, RoleSessionName: 'mlstack', ...(externalId === undefined ? {} : { ExternalId: externalId }) },
    ...(master === undefined ? {} : { masterCredentials: master }),
    ...(region === undefined ? {} : { clientConfig: { region } }),
  });
}
