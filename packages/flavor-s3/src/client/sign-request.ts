import aws4 from 'aws4';
import type { Credentials } from './credential-source.ts';

/** SHA-256 of nothing. */
export const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface UnsignedRequest {
  readonly method: string;
  readonly host: string;
  /** Path and query, encoded. */
  readonly path: string;
  readonly region: string;
  /** By the server's clock. */
  readonly time: Date;
}

/** The path and the headers to send, signed with AWS's Signature Version 4. */
export function signRequest(
  { method, host, path, region, time }: UnsignedRequest,
  headers: Readonly<Record<string, string>>,
  credentials: Credentials,
): { readonly path: string; readonly headers: Record<string, string> } {
  const signed = aws4.sign(
    { service: 's3', region, method, host, path, headers: { ...headers, 'x-amz-date': formatTime(time) } },
    { ...credentials },
  );
  return { path: signed.path ?? path, headers: signed.headers as Record<string, string> };
}

/** A path with query that gives access without credentials. */
export function presignPath(
  { method, host, path, region, time }: UnsignedRequest,
  expiresInSeconds: number,
  credentials: Credentials,
): string {
  const query = new URLSearchParams({ 'X-Amz-Date': formatTime(time), 'X-Amz-Expires': String(expiresInSeconds) });
  const signed = aws4.sign(
    { service: 's3', region, method, host, path: `${path}?${query}`, signQuery: true },
    { ...credentials },
  );
  return signed.path ?? path;
}

function formatTime(time: Date): string {
  return time.toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
}
