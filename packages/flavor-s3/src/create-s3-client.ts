import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from './artifact-store.ts';
import { TimedRetryStrategy } from './retry-strategy.ts';
import { RoleError } from './s3-errors.ts';

/** Of servers other than AWS, which do not mind. */
const defaultRegion = 'us-east-1';

/** More than any caller has under way: steps read and write side by side. */
const maximumSockets = 256;

/** Failures are told where they end up, in a user's words. */
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The one client of a store: every operation, presigning included, goes through it. */
export async function createS3Client(config: S3Config): Promise<S3Client> {
  const { endpoint, region, forcePathStyle, profile, retrySeconds, timeoutSeconds } = config;
  const credentials = await credentialsOf(config);
  const agent = { keepAlive: true, maxSockets: maximumSockets };
  return new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? (endpoint === undefined ? {} : { region: defaultRegion }) : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    retryStrategy: new TimedRetryStrategy(retrySeconds * 1000),
    requestHandler: {
      connectionTimeout: Math.min(timeoutSeconds, 10) * 1000,
      socketTimeout: timeoutSeconds * 1000,
      httpAgent: agent,
      httpsAgent: agent,
      logger: silent,
    },
    logger: silent,
    // The SDK opens a connection of its own for each request that waits for a "100 Continue".
    expectContinueHeader: false,
    // Bodies are signed with their SHA-256, which the server compares; trailing checksums are refused by servers other than AWS.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    followRegionRedirects: false,
  });
}

/** Roles are assumed where the bucket is: AWS, or the server that speaks its protocol. */
async function credentialsOf(config: S3Config): Promise<S3ClientConfig['credentials']> {
  const { accessKeyId, secretAccessKey, sessionToken, profile, roleArn, externalId, endpoint, region, retrySeconds } =
    config;
  const own =
    accessKeyId === undefined || secretAccessKey === undefined
      ? undefined
      : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  if (roleArn === undefined) return own;
  const { fromIni, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const master = own ?? (profile === undefined ? undefined : fromIni({ profile }));
  const assumeRole = fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      RoleSessionName: 'mlstack',
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    ...(master === undefined ? {} : { masterCredentials: master }),
    clientConfig: {
      retryStrategy: new TimedRetryStrategy(retrySeconds * 1000),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? (endpoint === undefined ? {} : { region: defaultRegion }) : { region }),
    },
  });
  return async (identity) =>
    await assumeRole(identity).catch((error: unknown) => {
      throw new RoleError(roleArn, error);
    });
}
