import { describeRun } from '@mlstack/core/project';
import { pageFlags, pageOptions } from '../../command/arguments.ts';
import { chooseRun, runArgument } from '../../command/choose-run.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { formatRun } from '../../output/format-run.ts';

export default class RunsDescribe extends MlstackCommand {
  static override args = { run: runArgument };
  static override flags = pageFlags;

  async run() {
    const { args, flags } = await this.parse(RunsDescribe);
    const project = this.openProject(flags);
    const run = await describeRun(project, await chooseRun(project, args.run), pageOptions(flags));
    this.log(formatRun(run) + nextPageLine(run.next));
    return { run };
  }
}
