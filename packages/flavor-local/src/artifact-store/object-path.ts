import { randomUUID } from 'node:crypto';

/** Where an object lies: the folders above it and its own name. */
export interface ObjectPath {
  readonly folders: readonly string[];
  readonly name: string;
}

export function splitKey(key: string): ObjectPath {
  const folders = key.split('/');
  const name = folders.pop() ?? '';
  return { folders, name };
}

/** `~` is in no key: an unfinished object is never taken for one. What stands before it is the name the object will have. */
export function temporaryName(name: string): string {
  return `${name}~${randomUUID().replaceAll('-', '').slice(-16)}`;
}

/** A temporary file that only one writer can make at a time. */
export function claimName(file: string): string {
  return `${file}~${'0'.repeat(16)}`;
}

/** The name that the object of a temporary file would have had. */
export function parseTemporaryName(fileName: string): string | undefined {
  return /^([a-z0-9._-]+)~[0-9a-f]{16}$/.exec(fileName)?.[1];
}

export function isObjectName(fileName: string): boolean {
  return /^[a-z0-9._-]+$/.test(fileName);
}
