import { S3ServiceException } from '@aws-sdk/client-s3';
import { ArtifactStoreError, MlstackError } from '@mlstack/core/flavor';
import { BodySizeError } from './body-parts.ts';

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Says an SDK's error in a user's words, with the next action. */
export function explainS3Error(store: string, what: string, error: unknown): Error {
  if (MlstackError.is(error)) return error;
  if (error instanceof BodySizeError) return new ArtifactStoreError(store, what, { reason: error.message });
  const { reason, hint } = explanationOf(error);
  return new ArtifactStoreError(store, what, { reason, hint, cause: error });
}

export interface Explanation {
  readonly reason: string;
  readonly hint: string;
}

export function explanationOf(error: unknown): Explanation {
  const name = nameOf(error);
  const message = error instanceof Error ? error.message || name : String(error);
  const code = (error as { code?: unknown }).code;
  switch (name) {
    case 'NoSuchBucket':
      return {
        reason: 'the bucket does not exist',
        hint: 'Correct the path, or register the store with --createBucket and run `mlstack stack up`.',
      };
    case 'InvalidAccessKeyId':
      return {
        reason: 'the server does not know the access key',
        hint: 'Check the credentials that the store uses (`mlstack doctor` says which).',
      };
    case 'SignatureDoesNotMatch':
      return {
        reason: 'the secret key does not belong to the access key',
        hint: 'Check the secret key that the store uses.',
      };
    case 'ExpiredToken':
    case 'ExpiredTokenException':
      return { reason: 'the session token has expired', hint: 'Log in again, then go on with `mlstack runs resume`.' };
    case 'RequestTimeTooSkewed':
      return {
        reason: "this machine's clock differs from the server's by more than 15 minutes",
        hint: 'Set the clock.',
      };
    case 'CredentialsProviderError':
      return {
        reason: `no credentials were found: ${message}`,
        hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, log in, or give the store a --profile or references such as --accessKeyId={{env.KEY}}.',
      };
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
      return {
        reason: 'the bucket is in another region',
        hint: 'Set --region of the store; `mlstack doctor` names the region.',
      };
    case 'AccessDenied':
    case 'Forbidden':
      return {
        reason: 'the server denies it (403)',
        hint: 'Run `mlstack doctor`: it finds out which permission is missing.',
      };
  }
  if (statusOf(error) === 403)
    return {
      reason: 'the server denies it (403)',
      hint: 'Run `mlstack doctor`: it finds out which permission is missing.',
    };
  if (
    code === 'ECONNREFUSED' ||
    code === 'ENOTFOUND' ||
    code === 'EHOSTUNREACH' ||
    code === 'ETIMEDOUT' ||
    code === 'ECONNRESET'
  )
    return {
      reason: `the server cannot be reached (${String(code)})`,
      hint: 'Check the endpoint and the network, then go on with `mlstack runs resume`.',
    };
  return { reason: message, hint: 'Run `mlstack doctor` to look for the cause.' };
}
