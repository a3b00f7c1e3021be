/** What the system's error codes mean to a user, and what to do about them. */
const explanations: Readonly<Record<string, { readonly reason: string; readonly hint: string }>> = {
  ENOSPC: {
    reason: 'no space is left on its disk',
    hint: 'Free some space, for instance with `mlstack artifacts prune`, and try again.',
  },
  EDQUOT: {
    reason: 'the disk quota is used up',
    hint: 'Free some space, for instance with `mlstack artifacts prune`, and try again.',
  },
  EFBIG: {
    reason: 'the file is larger than the limit of this process or file system',
    hint: 'Raise the limit (`ulimit -f`), or use another file system.',
  },
  EROFS: {
    reason: 'its file system is mounted read-only',
    hint: 'Mount it writable, or register a component with another path.',
  },
  EACCES: {
    reason: 'permission was denied',
    hint: 'Check owner and permissions of the folder, or register a component with another path.',
  },
  EPERM: {
    reason: 'the operation is not permitted',
    hint: 'Check owner and permissions of the folder, or register a component with another path.',
  },
  EMFILE: { reason: 'too many files are open in this process', hint: 'Raise the limit (`ulimit -n`).' },
  ENFILE: { reason: 'too many files are open on this machine', hint: 'Close some programs, or raise the limit.' },
  EIO: { reason: 'the disk reported an error', hint: 'Check the disk: its data may be damaged.' },
  ESTALE: { reason: 'the network file system lost the folder', hint: 'Mount it again.' },
  ENOENT: {
    reason: 'its folder is not there and cannot be made',
    hint: 'Check its path, mount the disk that is missing, or register a component with another path.',
  },
  ENOTDIR: {
    reason: 'a file is where a folder of its path must be',
    hint: 'Move the file away, or register a component with another path.',
  },
  ENAMETOOLONG: {
    reason: 'its path is too long for this file system',
    hint: 'Register a component with a shorter path.',
  },
};

export function isSystemError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Options of an `MlstackError` that is thrown for what the file system threw. */
export function explainFileSystemError(error: unknown): {
  readonly cause: unknown;
  readonly reason?: string;
  readonly hint?: string;
} {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return { cause: error, ...explanations[code] };
}
