import { updateStack } from '@mlstack/core/project';
import { optionalArgument } from '../../command/arguments.ts';
import { chosenComponents, componentFlags } from '../../command/component-flags.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { UsageError } from '../../command/usage-error.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackUpdate extends MlstackCommand {
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override flags = componentFlags;
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackUpdate);
    const components = chosenComponents(flags);
    if (Object.keys(components).length === 0) {
      throw new UsageError('No component is named.', { hint: 'Name one, as in --artifact-store=NAME.' });
    }
    const stack = await updateStack(this.openProject(flags), args.name, components);
    this.log(successLine(`Stack "${stack.name}" is updated.`));
    return { stack };
  }
}
