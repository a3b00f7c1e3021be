import { startStack } from '@mlstack/core/project';
import { optionalArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatLifecycle } from '../../output/format-lifecycle.ts';

export default class StackUp extends MlstackCommand {
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackUp);
    const report = await startStack(this.openProject(flags), args.name);
    if (report.failed) process.exitCode = 1;
    this.log(formatLifecycle(report.components));
    return report;
  }
}
