import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { MlstackError, makeVolatileFolder } from '@mlstack/core/flavor';
import { listObjects } from '../list-objects.ts';
import { readObject } from '../read-object.ts';
import type { S3Bucket } from '../s3-bucket.ts';
import { writeObject } from '../write-object.ts';
import type { Copy } from './parse-copy.ts';
import { CopyError } from './parse-copy.ts';
import { formatS3Uri, showKey } from './s3-uri.ts';

/** How many files are under way at once; of large ones, each in several parts. */
const filesAtOnce = 8;

/** Enough for what comes next to arrive while the disk takes what was there. */
const waitingBytes = 4 * 1024 * 1024;

/** One file or object that is copied. */
export interface Copied {
  readonly from: string;
  readonly to: string;
  /** Bytes. */
  readonly size: number;
}

interface Pair {
  /** A path, or `-`. */
  readonly file: string;
  readonly key: string;
}

/** Copies, and gives each file when it is there whole. What is wrong with any of the names is found before the first. */
export async function* copyFiles(bucket: S3Bucket, copy: Copy, signal: AbortSignal): AsyncGenerator<Copied> {
  const { direction } = copy;
  const pairs = direction === 'upload' ? await pairUploads(copy) : await pairDownloads(bucket, copy, signal);
  const transfer = direction === 'upload' ? upload : download;
  yield* inParallel(pairs, async ({ file, key }) => {
    const uri = formatS3Uri({ bucket: bucket.name, key });
    const size = await transfer(bucket, { file, key }, signal);
    return direction === 'upload' ? { from: file, to: uri, size } : { from: uri, to: file, size };
  });
}

async function upload(bucket: S3Bucket, { file, key }: Pair, signal: AbortSignal): Promise<number> {
  const body: AsyncIterable<Uint8Array> = file === '-' ? process.stdin : createReadStream(file);
  const size = file === '-' ? {} : { size: (await stat(file)).size };
  return (await writeObject(bucket, key, body, { signal, ...size })).size;
}

async function download(bucket: S3Bucket, { file, key }: Pair, signal: AbortSignal): Promise<number> {
  let size = 0;
  const measured = async function* () {
    try {
      for await (const chunk of readObject(bucket, key, { signal })) {
        size += chunk.byteLength;
        yield chunk;
      }
    } catch (error) {
      if (!MlstackError.is(error) || error.code !== 'OBJECT_NOT_FOUND') throw error;
      const uri = formatS3Uri({ bucket: bucket.name, key });
      throw new CopyError(`Nothing is stored at ${uri}.`, 'Look with `mlstack s3 ls`.');
    }
  };
  if (file === '-') {
    await pipeline(measured(), process.stdout, { end: false });
    return size;
  }
  makeVolatileFolder(dirname(file));
  const temporary = join(dirname(file), `.mlstack-${randomBytes(8).toString('hex')}`);
  try {
    await pipeline(measured(), createWriteStream(temporary, { flags: 'wx', highWaterMark: waitingBytes }));
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
  return size;
}

async function pairUploads({ local, remote, isRecursive }: Copy): Promise<Pair[]> {
  const { key } = remote;
  const isFolderKey = key === '' || key.endsWith('/');
  if (local === '-') return [{ file: '-', key }];
  const found = await stat(local).catch((error: NodeJS.ErrnoException) => {
    throw new CopyError(`${local} cannot be read: ${error.code}.`, 'Name a file or a folder that is there.');
  });
  if (found.isDirectory() !== isRecursive)
    throw isRecursive
      ? new CopyError(`${local} is no folder.`, 'Leave out --recursive.')
      : new CopyError(`${local} is a folder.`, 'Copy all that lies in it with --recursive.');
  if (!isRecursive) return [{ file: local, key: isFolderKey ? key + basename(local) : key }];
  const entries = await readdir(local, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, key: `${isFolderKey ? key : `${key}/`}${relative(local, file).split(sep).join('/')}` }));
}

async function pairDownloads(
  bucket: S3Bucket,
  { local, remote, isRecursive }: Copy,
  signal: AbortSignal,
): Promise<Pair[]> {
  const { key } = remote;
  if (local === '-') return [{ file: '-', key }];
  if (!isRecursive) {
    const isFolder = local.endsWith(sep) || ((await stat(local).catch(() => undefined))?.isDirectory() ?? false);
    const name = key.slice(key.lastIndexOf('/') + 1);
    return [{ file: isFolder ? join(local, checkedPath(name)) : local, key }];
  }
  const folder = key === '' || key.endsWith('/') ? key : `${key}/`;
  const pairs: Pair[] = [];
  for await (const { key: found } of listObjects(bucket, folder, { signal })) {
    const rest = found.slice(folder.length);
    // What people make to have an empty folder.
    if (rest === '' || rest.endsWith('/')) continue;
    pairs.push({ file: join(local, checkedPath(rest)), key: found });
  }
  if (pairs.length === 0)
    throw new CopyError(
      `Nothing lies in ${formatS3Uri({ bucket: bucket.name, key: folder })}.`,
      'Look with `mlstack s3 ls`.',
    );
  return pairs;
}

/** A key's path below a folder: one that would lead elsewhere, or that two keys would share, is refused. */
function checkedPath(path: string): string {
  const isFaithful = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (isFaithful && !path.includes('\0') && (sep === '/' || !/[\\:]/.test(path))) return path;
  throw new CopyError(
    `The key that ends in ${showKey(path)} cannot be the path of a file.`,
    'Copy it alone, to a file that you name.',
  );
}

/** Gives answers as they come. After a failure nothing more is begun, and what is under way is awaited. */
async function* inParallel<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): AsyncGenerator<Answer> {
  const underWay = new Set<Promise<{ readonly answer: Answer; readonly done: () => void }>>();
  try {
    for (const item of items) {
      const one: Promise<{ readonly answer: Answer; readonly done: () => void }> = work(item).then((answer) => ({
        answer,
        done: () => underWay.delete(one),
      }));
      underWay.add(one);
      if (underWay.size < filesAtOnce) continue;
      const { answer, done } = await Promise.race(underWay);
      done();
      yield answer;
    }
    while (underWay.size > 0) {
      const { answer, done } = await Promise.race(underWay);
      done();
      yield answer;
    }
  } finally {
    await Promise.allSettled(underWay);
  }
}
