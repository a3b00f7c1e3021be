import { initializeProject } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default class Init extends MlstackCommand {
  static override description =
    'Makes the folder `.mlstack` with the stack `default`: everything on this machine, nothing to install. A project that is there already is left as it is.';
  static override flags = {
    path: Flags.string({ summary: 'Folder to make a project', helpValue: '<folder>' }),
  };
  static override completions = { path: 'folders' as const };

  async run() {
    const { flags } = await this.parse(Init);
    const result = initializeProject(flags.path ?? flags.project);
    this.log(
      result.created
        ? successLine(`${result.directory} is an mlstack project now; its active stack is "${result.activeStack}".`)
        : `${result.directory} is an mlstack project already; nothing was changed. Its active stack is "${result.activeStack}".`,
    );
    if (result.created) this.log('  Next: `mlstack stack list`, or `mlstack run pipeline.ts`.');
    return result;
  }
}
