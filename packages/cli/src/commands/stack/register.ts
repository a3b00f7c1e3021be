import { registerStack } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument } from '../../command/arguments.ts';
import { chosenComponents, componentFlags } from '../../command/component-flags.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackRegister extends MlstackCommand {
  static override description =
    'An orchestrator, an artifact store and a metadata store are needed; each component must be registered.';
  static override examples = ['$ mlstack stack register prod -o default -a bucket -m default --set'];
  static override args = { name: requiredArgument('Name of the new stack') };
  static override flags = { ...componentFlags, set: Flags.boolean({ summary: 'Make it the active stack' }) };

  async run() {
    const { args, flags } = await this.parse(StackRegister);
    const stack = await registerStack(this.openProject(flags), {
      name: args.name,
      components: chosenComponents(flags),
      activate: flags.set,
    });
    this.log(successLine(`Stack "${stack.name}" is registered${flags.set ? ' and active' : ''}.`));
    if (!flags.set) this.log(`  Next: \`mlstack stack set ${stack.name}\`.`);
    return { stack };
  }
}
