/** The AWS SDK as its documentation shows it, with the checksums that it adds by itself. */
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { TransferJob } from './transfer-job.ts';
import { runTransferJob } from './transfer-job.ts';

const { endpoint, names } = JSON.parse(process.argv[2] ?? '') as TransferJob;
const client = new S3Client({ endpoint, region: process.env.AWS_REGION ?? 'us-east-1', forcePathStyle: true });

const isLarge = names.length === 1;
await runTransferJob(
  ({ bucket }) => client.send(new HeadBucketCommand({ Bucket: bucket })),
  async ({ bucket, prefix, direction, directory }, name) => {
    const file = join(directory, name);
    const object = { Bucket: bucket, Key: prefix + name };
    if (direction === 'download') {
      const { Body } = await client.send(new GetObjectCommand(object));
      if (isLarge) await pipeline(Body as Readable, createWriteStream(file));
      else await writeFile(file, (await Body?.transformToByteArray()) ?? '');
    } else if (isLarge) await new Upload({ client, params: { ...object, Body: createReadStream(file) } }).done();
    else await client.send(new PutObjectCommand({ ...object, Body: await readFile(file) }));
  },
);
