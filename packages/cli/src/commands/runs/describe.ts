import { describeRun } from '@mlstack/core/project';
import { pageFlags, pageOptions, requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { formatRun } from '../../output/format-run.ts';

export default class RunsDescribe extends MlstackCommand {
  static override args = { run: requiredArgument('Name or id of a run') };
  static override flags = pageFlags;

  async run() {
    const { args, flags } = await this.parse(RunsDescribe);
    const run = await describeRun(this.openProject(flags), args.run, pageOptions(flags));
    this.log(formatRun(run) + nextPageLine(run.next));
    return { run };
  }
}
