import { Args, Flags } from '@oclif/core';
import type { Copied } from '../../command/copy-files.ts';
import { formatBytes } from '../../command/format-bytes.ts';
import { parseCopy } from '../../command/parse-copy.ts';
import { placeOf, S3Command } from '../../command/s3-command.ts';

export default class S3Cp extends S3Command {
  static override summary = 'Copy files to S3 and back';
  static override description =
    'Copies a file to a key, an object to a file, or with --recursive a folder and all whose keys begin alike. One of the two places is on S3; the other may be "-", the standard input or output. What is there already is replaced.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> model.onnx s3://bucket/models/',
    '<%= config.bin %> <%= command.id %> s3://bucket/runs/ runs --recursive',
    'tar c data | <%= config.bin %> <%= command.id %> - s3://bucket/data.tar',
  ];
  static override args = {
    from: Args.string({ name: 'from', description: 'File, folder, "-" or s3://bucket/key', required: true }),
    to: Args.string({ name: 'to', description: 'File, folder, "-" or s3://bucket/key', required: true }),
  };
  static override flags = {
    recursive: Flags.boolean({
      char: 'r',
      default: false,
      summary: 'Copy all that lies in a folder or begins with a key',
    }),
  };

  async run() {
    const { args, flags } = await this.parse(S3Cp);
    const copy = parseCopy({ ...args, isRecursive: flags.recursive, isJson: this.jsonEnabled() });
    const copied: Copied[] = [];
    await this.withStore(flags, async (store, signal) => {
      const { copyFiles } = await import('../../command/copy-files.ts');
      for await (const one of copyFiles(placeOf(store, copy.remote).bucket, copy, signal)) {
        if (this.jsonEnabled()) copied.push(one);
        else if (args.to !== '-') this.log(`${one.from} → ${one.to}  ${formatBytes(one.size)}`);
      }
    });
    return { copied };
  }
}
