import { copyStack } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackCopy extends MlstackCommand {
  static override description = 'Both stacks have the same components.';
  static override args = { source: requiredArgument('Stack'), name: requiredArgument('Name of the copy') };
  static override completions = { source: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackCopy);
    const stack = await copyStack(this.openProject(flags), args.source, args.name);
    this.log(successLine(`Stack "${stack.name}" is a copy of "${args.source}".`));
    return { stack };
  }
}
