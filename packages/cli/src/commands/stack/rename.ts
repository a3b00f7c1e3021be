import { renameStack } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackRename extends MlstackCommand {
  static override args = { old: requiredArgument('Stack'), new: requiredArgument('Its new name') };
  static override completions = { old: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackRename);
    const stack = await renameStack(this.openProject(flags), args.old, args.new);
    this.log(successLine(`Stack "${args.old}" is named "${stack.name}" now.`));
    return { stack };
  }
}
