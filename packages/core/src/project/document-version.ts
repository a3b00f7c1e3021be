import { DocumentBrokenError, DocumentTooNewError } from '../errors/project-errors.ts';

/** How documents of one kind are read whatever version wrote them. */
export interface DocumentFormat {
  /** The version that is written today. */
  readonly version: number;
  /** `migrations[n]` makes a document of version n + 1 of one of version n; it may change what it is given. */
  readonly migrations: Readonly<Record<number, (document: Record<string, unknown>) => Record<string, unknown>>>;
}

/**
 * Brings a parsed document forward to the present version. Fails with `DocumentTooNewError` for a newer one and with
 * `DocumentBrokenError` for one that has no version.
 *
 * @param subject how messages name it: a path.
 */
export function migrateDocument(
  subject: string,
  value: unknown,
  { version, migrations }: DocumentFormat,
  brokenHint: string,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DocumentBrokenError(subject, ['it is not an object'], brokenHint);
  }
  let document = value as Record<string, unknown>;
  const found = document.formatVersion;
  if (typeof found !== 'number' || !Number.isInteger(found) || found < 0) {
    throw new DocumentBrokenError(subject, ['formatVersion: a whole number is expected'], brokenHint);
  }
  if (found > version) throw new DocumentTooNewError(subject, found, version);
  for (let from = found; from < version; from++) {
    const migrate = migrations[from];
    if (migrate === undefined) {
      throw new DocumentBrokenError(subject, [`format version ${from} was never written`], brokenHint);
    }
    document = { ...migrate(document), formatVersion: from + 1 };
  }
  return document;
}
