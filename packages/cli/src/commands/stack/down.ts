import { stopStack } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { optionalArgument, yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatLifecycle } from '../../output/format-lifecycle.ts';

export default class StackDown extends MlstackCommand {
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override flags = {
    deprovision: Flags.boolean({ summary: 'Remove what `stack up` made; never data' }),
    yes: yesFlag,
  };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackDown);
    const project = this.openProject(flags);
    if (flags.deprovision)
      await confirm(
        `Remove what ${args.name === undefined ? 'the active stack' : `stack "${args.name}"`} has provisioned?`,
        flags,
      );
    const report = await stopStack(project, args.name, flags);
    if (report.failed) process.exitCode = 1;
    this.log(formatLifecycle(report.components));
    return report;
  }
}
