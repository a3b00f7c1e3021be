import { diffStack } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { readStackDocument } from '../../command/read-stack-document.ts';
import { formatStackChanges } from '../../output/format-stack-change.ts';

export default class StackDiff extends MlstackCommand {
  static override args = { file: requiredArgument('Document; - for standard input') };
  static override completions = { file: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(StackDiff);
    const document = await readStackDocument(args.file);
    const plan = await diffStack(this.openProject(flags), document);
    this.log(formatStackChanges(plan));
    return plan;
  }
}
