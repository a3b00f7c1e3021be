import { escapeControls } from '../name.ts';
import { MlstackError } from './mlstack-error.ts';

export class ProjectNotFoundError extends MlstackError {
  readonly code = 'PROJECT_NOT_FOUND';
  constructor(directory: string) {
    const shown = escapeControls(directory);
    super(`There is no mlstack project in ${shown}.`, {
      hint: `Make one with \`mlstack init --path ${shown}\`, or leave --project and MLSTACK_PROJECT out.`,
    });
  }
}

/** The disk says no. Nothing was changed. */
export class ProjectNotWritableError extends MlstackError {
  readonly code = 'PROJECT_NOT_WRITABLE';
  override readonly kind = 'failure' as const;
  constructor(path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const [reason, hint] = writeFailures[code] ?? [
      cause instanceof Error ? cause.message : String(cause),
      'Look at the folder and its disk, then try again.',
    ];
    super(`${escapeControls(path)} could not be written: ${reason}. What was there before is unchanged.`, {
      hint,
      cause,
    });
  }
}

/** A file that a person asked for could not be written. Nothing is left of it. */
export class FileNotWrittenError extends MlstackError {
  readonly code = 'FILE_NOT_WRITTEN';
  override readonly kind = 'failure' as const;
  constructor(path: string, cause: Error) {
    const code = 'code' in cause ? String(cause.code) : '';
    const reason = writeFailures[code]?.[0] ?? cause.message;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    super(`${escapeControls(path)} could not be written: ${reason}.`, {
      hint: isFull ? 'Free some space, or choose a place on another disk.' : 'Choose another place.',
      cause,
    });
  }
}

const writeFailures: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ENOSPC: ['the disk is full', 'Free some space and try again.'],
  EDQUOT: ['your disk quota is used up', 'Free some space and try again.'],
  EROFS: ['the file system is read-only', 'Choose a project on a writable disk with --project.'],
  EACCES: ['you have no permission', 'Change the permissions of the folder, or choose another project with --project.'],
  EPERM: ['you have no permission', 'Change the permissions of the folder, or choose another project with --project.'],
  ENOENT: ['its folder is not there and cannot be made', 'Choose another folder, or make this one first.'],
  ENOTDIR: ['a part of the path is a file', 'Choose another folder.'],
};

/** A document of mlstack's own cannot be read. It is never rewritten. */
export class DocumentBrokenError extends MlstackError {
  readonly code = 'DOCUMENT_BROKEN';
  constructor(subject: string, problems: readonly string[], hint: string, cause?: unknown) {
    super(`${escapeControls(subject)} cannot be read:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
      hint,
      cause,
    });
  }
}

/** A document was written by a newer mlstack. It is never rewritten. */
export class DocumentTooNewError extends MlstackError {
  readonly code = 'DOCUMENT_TOO_NEW';
  constructor(subject: string, version: number, supported: number) {
    super(`${escapeControls(subject)} has format version ${version}; this mlstack knows versions up to ${supported}.`, {
      hint: 'Use the newer mlstack that wrote it (`npm install @mlstack/cli@latest`). The file was not changed.',
    });
  }
}

export class RegistryBusyError extends MlstackError {
  readonly code = 'REGISTRY_BUSY';
  override readonly kind = 'failure' as const;
  constructor(path: string, seconds: number) {
    super(`Other processes kept ${escapeControls(path)} locked for ${seconds} seconds.`, {
      hint: 'Wait for the other mlstack commands of this project to end, then try again.',
    });
  }
}

/** `{{env.NAME}}` has nothing behind it. */
export class ReferenceUnresolvedError extends MlstackError {
  readonly code = 'REFERENCE_UNRESOLVED';
  constructor(subject: string, missing: readonly { readonly field: string; readonly variable: string }[]) {
    super(
      `${subject} refers to environment variables that are not set: ${missing.map(({ field, variable }) => `${variable} (in ${field})`).join(', ')}.`,
      { hint: `Set ${missing.length === 1 ? 'it' : 'them'} and try again.` },
    );
  }
}

/** `mlstack.config.*` does not parse, or throws when it is run. */
export class ProjectConfigError extends MlstackError {
  readonly code = 'CONFIG_NOT_LOADABLE';
  constructor(file: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`${escapeControls(file)} cannot be loaded: ${reason}`, { hint: 'Correct the file and try again.', cause });
  }
}
