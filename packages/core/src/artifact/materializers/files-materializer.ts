import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Materializer } from '../materializer.ts';

const marker: unique symbol = Symbol.for('mlstack.artifact-path') as never;

/** A file or a folder on this machine that stands for its content. What a step reads is a copy in a temporary folder. */
export interface ArtifactPath {
  /** Absolute. */
  readonly path: string;
}

/** Gives a file or folder that a step made as its output. It is stored when `run` returns, so it must exist until then. */
export function artifactPath(location: string): ArtifactPath {
  return Object.defineProperty({ path: path.resolve(location) }, marker, { value: true });
}

export function isArtifactPath(value: unknown): value is ArtifactPath {
  return typeof value === 'object' && value !== null && marker in value;
}

const chunkBytes = 1024 * 1024;

/**
 * Files and folders, byte by byte; a folder's files keep their relative paths. Times, modes and empty folders are not kept, links are followed.
 * A single file is stored under its own name; a folder's files under `folder/`.
 */
export const filesMaterializer: Materializer<ArtifactPath> = {
  id: 'files',
  version: 1,
  accepts: isArtifactPath,
  async save(value, writer) {
    const entry = await stat(value.path);
    if (!entry.isDirectory()) {
      await writer.writeFile(path.basename(value.path), createReadStream(value.path, { highWaterMark: chunkBytes }));
      return;
    }
    const names = (await readdir(value.path, { recursive: true, withFileTypes: true }))
      .filter((found) => !found.isDirectory())
      .map((found) => path.relative(value.path, path.join(found.parentPath, found.name)).split(path.sep).join('/'))
      .sort();
    for (const name of names)
      await writer.writeFile(
        `folder/${name}`,
        createReadStream(path.join(value.path, name), { highWaterMark: chunkBytes }),
      );
    if (names.length === 0) await writer.writeFile('.empty-folder', new Uint8Array());
  },
  async load(reader) {
    const directory = await reader.temporaryDirectory();
    for (const { path: name } of reader.files) {
      const target = path.join(directory, name);
      await mkdir(path.dirname(target), { recursive: true });
      if (name !== '.empty-folder')
        await pipeline(reader.readFile(name), createWriteStream(target, { highWaterMark: chunkBytes }));
    }
    const [only] = reader.files;
    if (reader.files.length === 1 && only !== undefined && !only.path.includes('/') && only.path !== '.empty-folder')
      return artifactPath(path.join(directory, only.path));
    const folder = path.join(directory, 'folder');
    await mkdir(folder, { recursive: true });
    return artifactPath(folder);
  },
  preview: (value) => path.basename(value.path),
};
