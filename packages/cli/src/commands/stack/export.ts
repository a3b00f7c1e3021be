import { exportStack, formatStackDocument } from '@mlstack/core/project';
import { optionalArgument, requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { writeNewFile } from '../../command/write-new-file.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackExport extends MlstackCommand {
  static override description =
    'Secrets go out as references or redacted. Without FILE, or with `-`, the document goes to standard output.';
  static override args = {
    name: requiredArgument('Stack'),
    file: optionalArgument('File to write; it must not exist'),
  };
  static override completions = { name: 'stacks' as const, file: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(StackExport);
    const file = args.file === '-' ? undefined : args.file;
    const document = await exportStack(this.openProject(flags), args.name);
    const text = await formatStackDocument(document);
    if (file === undefined) this.log(text.trimEnd());
    else {
      writeNewFile(file, text);
      this.log(successLine(`Stack "${document.name}" is written to ${file}.`));
    }
    return { document, ...(file === undefined ? {} : { file }) };
  }
}
