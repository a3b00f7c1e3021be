import { ArtifactStoreError, MlstackError } from '@mlstack/core/flavor';
import { BodySizeError } from './body-parts.ts';
import { S3AnswerError } from './client/s3-answer-error.ts';
import type { S3Answer } from './client/s3-request.ts';
import { headerOf } from './client/s3-request.ts';
import { explainConnectionError } from './connection-errors.ts';

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3AnswerError ? error.status : undefined;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

/** Every answer that tells of an object carries its ETag. */
export function requireETag(answer: Pick<S3Answer, 'headers'>): string {
  const etag = headerOf(answer, 'etag');
  if (etag === undefined) throw new StrangeAnswerError('no ETag');
  return etag;
}

/** Says an error in a user's words, with the next action. */
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
  if (error instanceof RoleError) return explainRoleError(error);
  const name = nameOf(error);
  const message = error instanceof Error ? error.message || name : String(error);
  switch (name) {
    case 'NoSuchBucket':
      return {
        reason: 'the bucket does not exist',
        hint: 'Correct the path, or register the store with --createBucket=true and run `mlstack stack up`.',
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
    case 'RegionMissingError':
      return {
        reason: 'neither the store nor the AWS configuration names a region',
        hint: 'Run `mlstack artifact-store update NAME --region=…`, or set AWS_REGION.',
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
  const { code } = error as { readonly code?: unknown };
  const connection = typeof code === 'string' ? explainConnectionError(code) : undefined;
  return (
    connection ??
    explainStrangeAnswer(error) ?? { reason: message, hint: 'Run `mlstack doctor` to look for the cause.' }
  );
}

/** Of AWS, which has no region that is meant where none is named. */
export class RegionMissingError extends Error {
  override readonly name = 'RegionMissingError';
}

/** A role could not be assumed. */
export class RoleError extends Error {
  override readonly name = 'RoleError';

  constructor(roleArn: string, cause: unknown) {
    super(roleArn, { cause });
  }
}

function explainRoleError({ message: roleArn, cause }: RoleError): Explanation {
  const { reason, hint } = explanationOf(cause);
  return {
    reason: `the role ${roleArn} cannot be assumed: ${reason}`,
    hint:
      statusOf(cause) === undefined && nameOf(cause) !== 'AccessDenied'
        ? hint
        : 'Check --roleArn and --externalId of the store, and that the role trusts its credentials.',
  };
}

/** The server answers, and not as S3 does: a proxy, the console of an S3 server, any web server. */
export class StrangeAnswerError extends Error {
  override readonly name = 'StrangeAnswerError';
}

function explainStrangeAnswer(error: unknown): Explanation | undefined {
  const { status = 0, name = '', headers = {} } = error as Partial<S3AnswerError>;
  const location = headerOf({ headers }, 'location');
  if (status >= 300 && status < 400 && location !== undefined)
    return {
      reason: `the server redirects to ${location}`,
      hint: 'Correct the endpoint of the store: redirects are not followed.',
    };
  const isWordless = name === 'Unknown' && status >= 300;
  const type = headerOf({ headers }, 'content-type') ?? 'xml';
  if (error instanceof StrangeAnswerError || (isWordless && !type.includes('xml')))
    return {
      reason: `the server does not answer as S3 does${status === 0 ? '' : ` (${status})`}`,
      hint: 'Correct the endpoint of the store: it may be that of a console or of a proxy.',
    };
  if (!isWordless) return undefined;
  return {
    reason: `the server answers ${status} without a reason`,
    hint: 'Run `mlstack doctor` to look for the cause.',
  };
}
