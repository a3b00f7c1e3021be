import { setActiveStack } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackSet extends MlstackCommand {
  static override args = { name: requiredArgument('Stack') };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackSet);
    const stack = await setActiveStack(this.openProject(flags), args.name);
    this.log(successLine(`The active stack is "${stack.name}".`));
    return { stack };
  }
}
