/** The store as steps use it: bytes hashed while they stream, both ways, and files written as core writes them. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '@mlstack/core/flavor';
import { s3ArtifactStore } from '@mlstack/flavor-s3';
import type { TransferJob } from './transfer-job.ts';
import { runTransferJob } from './transfer-job.ts';

const job = JSON.parse(process.argv[2] ?? '') as TransferJob;
const Implementation = await s3ArtifactStore.loadImplementation();
const store = new Implementation({
  id: '00000000-0000-4000-8000-000000000000',
  name: 'benchmark',
  type: 'artifact-store',
  flavor: 's3',
  config: s3ArtifactStore.config.parse({ path: `s3://${job.bucket}/${job.prefix}`, endpoint: job.endpoint }),
  context: { stateDirectory: job.directory },
}) as ArtifactStore;

async function* hashed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  hash.digest('hex');
}

const isLarge = job.names.length === 1;
await runTransferJob(
  () => store.stat('none'),
  async ({ direction, directory }, name) => {
    const file = join(directory, name);
    const chunks = () => hashed(store.read(name));
    if (direction === 'upload') await store.write(name, isLarge ? createReadStream(file) : await readFile(file));
    else if (isLarge) await pipeline(chunks(), createWriteStream(file, { highWaterMark: 4 * 1024 * 1024 }));
    else await writeFile(file, chunks());
  },
);
await store.close();
