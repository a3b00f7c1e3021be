import { nameOf, statusOf } from './s3-errors.ts';

/** Answers that say that the request came to harm on its way, or came at a bad moment. */
const passingNames = new Set([
  'BadDigest',
  'XAmzContentSHA256Mismatch',
  'IncompleteBody',
  'ConditionalRequestConflict',
  'OperationAborted',
  'SlowDown',
  'TimeoutError',
  'RequestTimeout',
]);

/** Of Node's errors: all of connections but those that say that another language is spoken there. */
const passingCode = /^(?!EPROTO$|ERR_(?:TLS|SSL|INVALID)_|HPE_INVALID_CONSTANT$)(?:E[A-Z_]+|HPE_\w+)$/;

/** Whether what failed may work when it is done again: no answer, half an answer, or one that asks for it. */
export function isPassing(error: unknown): boolean {
  if (nameOf(error) === 'AbortError') return false;
  if (passingNames.has(nameOf(error))) return true;
  const { code } = error as { readonly code?: unknown };
  const status = statusOf(error);
  if (status === undefined) return typeof code === 'string' && passingCode.test(code);
  // A success that could not be understood was cut off.
  return status === 429 || status >= 500 || status < 300;
}
