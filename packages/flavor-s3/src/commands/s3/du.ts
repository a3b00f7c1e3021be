import { Args } from '@oclif/core';
import { formatBytes } from '../../command/format-bytes.ts';
import { placeOf, S3Command } from '../../command/s3-command.ts';
import { formatS3Uri, parseS3Uri } from '../../command/s3-uri.ts';
import { listObjects } from '../../list-objects.ts';

export default class S3Du extends S3Command {
  static override summary = 'Add up sizes on S3';
  static override description = 'Counts the objects whose keys begin with a key, and adds up their sizes.';
  static override args = {
    uri: Args.string({ name: 'uri', description: 's3://bucket/key; without it, the place of the store' }),
  };

  async run() {
    const { args, flags } = await this.parse(S3Du);
    const uri = args.uri === undefined ? undefined : parseS3Uri(args.uri);
    return await this.withStore(flags, async (store, signal) => {
      const { bucket, key } = placeOf(store, uri);
      let objects = 0;
      let bytes = 0;
      for await (const { size } of listObjects(bucket, key, { signal })) {
        objects++;
        bytes += size;
      }
      const count = `${objects.toLocaleString('en')} object${objects === 1 ? '' : 's'}`;
      this.log(`${formatBytes(bytes)} in ${count}  ${formatS3Uri({ bucket: bucket.name, key })}`);
      return { bucket: bucket.name, prefix: key, objects, bytes };
    });
  }
}
