import { Args, Flags } from '@oclif/core';
import { placeOf, S3Command } from '../../command/s3-command.ts';
import { parseS3Uri, showKey } from '../../command/s3-uri.ts';
import type { ListedObject } from '../../list-objects.ts';
import { listPages } from '../../list-objects.ts';

export default class S3Ls extends S3Command {
  static override summary = 'List objects on S3';
  static override description =
    'Lists what lies in a bucket, or what begins with a key: sizes are in bytes. Keys that go on after a "/" are shown as one folder.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> s3://bucket/folder/ --recursive',
  ];
  static override args = {
    uri: Args.string({ name: 'uri', description: 's3://bucket/key; without it, the place of the store' }),
  };
  static override flags = {
    recursive: Flags.boolean({ char: 'r', default: false, summary: 'Show what is in the folders, and in theirs' }),
  };

  async run() {
    const { args, flags } = await this.parse(S3Ls);
    const uri = args.uri === undefined ? undefined : parseS3Uri(args.uri);
    return await this.withStore(flags, async (store, signal) => {
      const { bucket, key } = placeOf(store, uri);
      const objects: ListedObject[] = [];
      const folders: string[] = [];
      for await (const page of listPages(bucket, key, { signal, ...(flags.recursive ? {} : { delimiter: '/' }) })) {
        if (this.jsonEnabled()) {
          objects.push(...page.objects);
          folders.push(...page.groups);
        } else this.#show(page.objects, page.groups);
      }
      return { bucket: bucket.name, prefix: key, folders, objects };
    });
  }

  #show(objects: readonly ListedObject[], folders: readonly string[]): void {
    for (const folder of folders) this.log(`${'folder'.padStart(35)}  ${showKey(folder)}`);
    for (const { key, size, modifiedAt } of objects) {
      const time = modifiedAt.toISOString().replace('T', ' ').slice(0, 19);
      this.log(`${time}Z  ${String(size).padStart(13)}  ${showKey(key)}`);
    }
  }
}
