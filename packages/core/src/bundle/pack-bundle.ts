import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readBundleManifest } from './bundle-manifest.ts';

const compress = promisify(gzip);

/**
 * A bundle as one file: gzip over a line of JSON, `[[path, size], …]`, and then the bytes of these files one after another. The same
 * bundle gives the same bytes on every machine: packages that were left out are looked for from the working directory of whoever
 * runs it.
 */
export async function packBundle(directory: string): Promise<Buffer> {
  const manifest = readBundleManifest(directory);
  const externals = manifest.externals.map((external) => ({ ...external, directory: '.' }));
  const files: [path: string, content: Buffer][] = [
    ['bundle.json', Buffer.from(JSON.stringify({ ...manifest, externals }))],
    ...manifest.files.map(({ path }): [string, Buffer] => [path, readFileSync(join(directory, path))]),
  ];
  const header = JSON.stringify(files.map(([path, { length }]) => [path, length]));
  return await compress(Buffer.concat([Buffer.from(`${header}\n`), ...files.map(([, content]) => content)]), {
    level: 4,
  });
}
