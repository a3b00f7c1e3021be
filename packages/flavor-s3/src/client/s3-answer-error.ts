import type { AnswerHeaders } from './s3-request.ts';

/** The server's answer is no success. Its name is the error code of S3, or `Unknown` where the answer has none. */
export class S3AnswerError extends Error {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** How often the request had been sent. */
  attempts = 1;

  constructor(
    status: number,
    headers: AnswerHeaders,
    { code, message }: { readonly code?: string | undefined; readonly message?: string | undefined } = {},
  ) {
    super(message || 'the server says no more');
    this.name = code || 'Unknown';
    this.status = status;
    this.headers = headers;
  }
}
