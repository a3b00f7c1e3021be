import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a `path` field names: an absolute path, one relative to the project, or a `file://` URI. `~` is not expanded. */
export function resolveLocalPath(path: string, projectDirectory: string | undefined): string {
  if (path.startsWith('file:')) return fileURLToPath(path);
  return isAbsolute(path) ? path : resolve(projectDirectory ?? '.', path);
}

/** What is wrong with a `path` field, as a sentence without a full stop. */
export function explainInvalidPath(path: string): string | undefined {
  if (path.includes('\0')) return 'a path has no NUL character in it';
  if (path.startsWith('~')) return '"~" is not expanded: write the path out, or {{env.HOME}}';
  if (!path.startsWith('file:'))
    return /^[a-z][a-z0-9+.-]+:\/\//i.test(path) ? 'only file:// and plain paths are local' : undefined;
  try {
    fileURLToPath(path);
    return undefined;
  } catch {
    return 'it is no file:// URI of an absolute path on this machine';
  }
}
