import { MlstackError } from '@mlstack/core/flavor';

/** An object, or all whose keys begin alike. Unlike in a URL, nothing in it is encoded. */
export interface S3Uri {
  readonly bucket: string;
  /** May be empty. */
  readonly key: string;
}

const maximumKeyBytes = 1024;

export function isS3Uri(text: string): boolean {
  return text.startsWith('s3://');
}

export function parseS3Uri(text: string): S3Uri {
  const [, bucket, key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/s.exec(text) ?? [];
  if (bucket === undefined) throw new S3UriError(text, 'it is not of the form s3://bucket/key');
  if (Buffer.byteLength(key) > maximumKeyBytes)
    throw new S3UriError(text, `its key has more than ${maximumKeyBytes} bytes`);
  if (!key.isWellFormed()) throw new S3UriError(text, 'its key is no Unicode text');
  return { bucket, key };
}

export function formatS3Uri({ bucket, key }: S3Uri): string {
  return `s3://${bucket}/${showKey(key)}`;
}

/** As it is, or in quotes where it would not stay on its line. */
export function showKey(key: string): string {
  return /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u.test(key)
    ? JSON.stringify(key).replace(
        /[\x7f-\x9f\p{Zl}\p{Zp}\p{Bidi_C}]/gu,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      )
    : key;
}

class S3UriError extends MlstackError {
  readonly code = 'S3_URI_INVALID';

  constructor(text: string, reason: string) {
    const shown = showKey(text.length > 200 ? `${text.slice(0, 200)}…` : text);
    super(`${shown} names no place on S3: ${reason}.`, {
      hint: 'Write s3://bucket or s3://bucket/key, with nothing encoded.',
    });
  }
}
