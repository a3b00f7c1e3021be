/** Where a store lies: `s3://bucket/prefix`. */
export interface S3Address {
  readonly bucket: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
}

/** Parses what the schema has accepted. Slashes at the end do not count. */
export function parseS3Address(path: string): S3Address {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(path) ?? [];
  const trimmed = prefix.replace(/\/+$/, '');
  return { bucket, prefix: trimmed === '' ? '' : `${trimmed}/` };
}
