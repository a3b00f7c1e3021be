import { createReadStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { ValueNotStorableError } from '../../errors/artifact-errors.ts';
import type { Materializer } from '../materializer.ts';
import { writeArtifactFile } from '../write-artifact-file.ts';

const marker: unique symbol = Symbol.for('mlstack.artifact-path') as never;

/** A file or a folder on this machine that stands for its content. What a step reads is a copy in a temporary folder. */
export interface ArtifactPath {
  /** Absolute. */
  readonly path: string;
}

/**
 * Gives a file or folder that a step made as its output. It is stored after `run` returned, so it must exist until then; a
 * step that reads it has a copy, under the same name where it is a file.
 *
 * ```ts
 * run: async () => {
 *   await writeFile('/tmp/report.html', html);
 *   return artifactPath('/tmp/report.html');
 * }
 * ```
 */
export function artifactPath(location: string): ArtifactPath {
  return Object.defineProperty({ path: path.resolve(location) }, marker, { value: true });
}

export function isArtifactPath(value: unknown): value is ArtifactPath {
  return typeof value === 'object' && value !== null && marker in value;
}

const chunkBytes = 1024 * 1024;
const folder = 'folder';
/** Stands for a folder with nothing in it. */
const emptyFolder = 'empty/folder';

/**
 * Files and folders, byte by byte, in constant memory: a file under its own name, a folder's files under `folder/` with their
 * relative paths. Links to files are followed; links to folders and what is no file (a socket, a pipe) are refused. Times, modes
 * and empty folders inside a folder are not kept.
 */
export const filesMaterializer: Materializer<ArtifactPath> = {
  id: 'files',
  version: 1,
  accepts: isArtifactPath,
  async save(value, writer) {
    if (!isArtifactPath(value))
      throw new ValueNotStorableError('', 'no file or folder', { hint: 'Return artifactPath(path) for this output.' });
    const root = value.path;
    if ((await kindOf(root)) === 'file') {
      await writer.writeFile(path.basename(root), createReadStream(root, { highWaterMark: chunkBytes }));
      return;
    }
    const files = await listFiles(root);
    for (const file of files)
      await writer.writeFile(
        `${folder}/${file}`,
        createReadStream(path.join(root, file), { highWaterMark: chunkBytes }),
      );
    if (files.length === 0) await writer.writeFile(emptyFolder, new Uint8Array());
  },
  async load(reader) {
    const directory = await reader.temporaryDirectory();
    for (const file of reader.files) {
      const target = path.join(directory, file.path);
      await writeArtifactFile(target, reader.readFile(file.path), file.path);
    }
    const [first] = reader.files;
    if (first === undefined || first.path.includes('/')) {
      const target = path.join(directory, folder);
      await mkdir(target, { recursive: true });
      return artifactPath(target);
    }
    return artifactPath(path.join(directory, first.path));
  },
  preview: (value) => path.basename(value.path),
};

async function kindOf(location: string): Promise<'file' | 'folder'> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(location);
  } catch (cause) {
    throw new ValueNotStorableError('', `a path that cannot be read, ${JSON.stringify(location)}`, {
      hint: 'Write the file before the step returns, and remove it later than that.',
      cause,
    });
  }
  if (found.isDirectory()) return 'folder';
  if (found.isFile()) return 'file';
  throw new ValueNotStorableError('', `${JSON.stringify(location)}, which is neither a file nor a folder`);
}

/** Relative to `root`, with `/`, in the order of their code units on every machine. */
async function listFiles(root: string): Promise<readonly string[]> {
  const files: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const location = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() && (await kindOf(location)) === 'folder')
      throw new ValueNotStorableError('', `a folder with a link to another folder in it, ${JSON.stringify(location)}`);
    files.push(path.relative(root, location).split(path.sep).join('/'));
  }
  return files.sort();
}
