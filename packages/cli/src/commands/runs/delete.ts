import { deleteRun, describeRun } from '@mlstack/core/project';
import { requiredArgument, yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatCount } from '../../output/format-quantity.ts';
import { successLine } from '../../output/report-success.ts';

export default class RunsDelete extends MlstackCommand {
  static override description = 'Artifacts that another run took from the cache stay.';
  static override args = { run: requiredArgument('Name or id of a run') };
  static override flags = { yes: yesFlag };

  async run() {
    const { args, flags } = await this.parse(RunsDelete);
    const project = this.openProject(flags);
    const { name } = await describeRun(project, args.run, { limit: 1 });
    await confirm(`Delete run "${name}" with its artifacts?`, flags);
    const deleted = await deleteRun(project, args.run);
    this.log(
      successLine(`Run "${deleted.name}" is deleted, and ${formatCount(deleted.artifacts, 'artifact')} with it.`),
    );
    for (const notice of deleted.notices) this.log(notice);
    return { deleted };
  }
}
