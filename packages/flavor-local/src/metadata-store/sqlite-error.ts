/** Primary result codes of SQLite, and what they mean to a user. */
const explanations: Readonly<Record<number, { readonly reason: string; readonly hint: string }>> = {
  5: {
    reason: 'another process has kept the database locked',
    hint: 'See which process holds the file (`fuser`), end it if it hangs, and try again.',
  },
  8: {
    reason: 'the database is read-only',
    hint: 'Check owner and permissions of the file and its folder, and that its disk is mounted writable.',
  },
  10: { reason: 'the disk reported an error', hint: 'Check the disk and the space left on it.' },
  11: {
    reason: 'the database file is damaged',
    hint: 'Restore it from a backup, or move it away to begin with an empty one.',
  },
  13: { reason: 'no space is left on its disk', hint: 'Free some space and try again. Nothing was lost.' },
  14: {
    reason: 'the database file cannot be opened',
    hint: 'Check that its folder exists and is readable and writable.',
  },
  26: { reason: 'the file is not a database', hint: 'Give the path of another file, or move this one away.' },
};

const busy = 5;
const full = 13;
const cannotOpen = 14;
/** In bytes: SQLite takes 512 for the files beside it, too. */
const longestPath = 504;
/** The file that processes share while they use a database cannot be made as large as it must be. */
const sharedMemoryTooSmall = 10 | (19 << 8);

export function isBusy(error: unknown): boolean {
  return primaryCode(error) === busy;
}

export function isWithoutRoom(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === sharedMemoryTooSmall;
}

/** @param file the database's. */
export function explainSqliteError(
  error: unknown,
  file: string,
): { readonly reason: string; readonly hint: string } | undefined {
  const code = isWithoutRoom(error) ? full : primaryCode(error);
  const length = Buffer.byteLength(file);
  if (code === cannotOpen && length > longestPath) {
    return {
      reason: `the path of the database file has ${length} bytes, and SQLite opens none of more than ${longestPath}`,
      hint: 'Make the project in a folder whose path is shorter, or register a metadata store with another path.',
    };
  }
  return code === undefined ? undefined : explanations[code];
}

function primaryCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined;
}
