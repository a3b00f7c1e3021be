import { MlstackError } from '@mlstack/core/flavor';
import type { S3Uri } from './s3-uri.ts';
import { isS3Uri, parseS3Uri } from './s3-uri.ts';

/** One copy as it was asked for. `local` may be `-`. */
export interface Copy {
  readonly direction: 'upload' | 'download';
  readonly local: string;
  readonly remote: S3Uri;
  readonly isRecursive: boolean;
}

interface CopyArguments {
  readonly from: string;
  readonly to: string;
  readonly isRecursive: boolean;
  readonly isJson: boolean;
}

/** Fails with what is wrong before anything is looked at. */
export function parseCopy({ from, to, isRecursive, isJson }: CopyArguments): Copy {
  if (isS3Uri(from) === isS3Uri(to))
    throw new CopyError(
      `${isS3Uri(from) ? 'Both places are' : 'Neither place is'} on S3.`,
      'Name one place as s3://bucket/key and the other as a file, a folder or "-".',
    );
  const copy: Copy = isS3Uri(to)
    ? { direction: 'upload', local: from, remote: parseS3Uri(to), isRecursive }
    : { direction: 'download', local: to, remote: parseS3Uri(from), isRecursive };
  const { direction, local, remote } = copy;
  const isFolderKey = remote.key === '' || remote.key.endsWith('/');
  if (local === '-' && isRecursive)
    throw new CopyError('Several files cannot go through one stream.', 'Leave out --recursive, or name a folder.');
  if (local === '-' && direction === 'upload' && isFolderKey)
    throw new CopyError('What comes from the standard input has no name.', 'Name the key: s3://bucket/key.');
  if (local === '-' && direction === 'download' && isJson)
    throw new CopyError('With --json an object cannot go to the standard output.', 'Name a file to write it to.');
  if (direction === 'download' && isFolderKey && !isRecursive)
    throw new CopyError(`${from} names no object.`, 'Name one, or copy all that begin so with --recursive.');
  return copy;
}

/** What was given cannot be copied; nothing was changed. */
export class CopyError extends MlstackError {
  readonly code = 'S3_COPY_REFUSED';

  constructor(message: string, hint: string) {
    super(message, { hint });
  }
}
