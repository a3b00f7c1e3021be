import { pruneArtifacts } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { abortOnSignals } from '../../command/abort-on-signals.ts';
import { yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatBytes, formatCount } from '../../output/format-quantity.ts';
import { successLine } from '../../output/report-success.ts';

export default class ArtifactsPrune extends MlstackCommand {
  static override description =
    "Looks only at what this project's runs wrote, and leaves what is younger than an hour.";
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'Only tell what would be removed' }),
    yes: yesFlag,
  };

  async run() {
    const { flags } = await this.parse(ArtifactsPrune);
    const project = this.openProject(flags);
    const { signal, dispose } = abortOnSignals();
    const preview = await pruneArtifacts(project, { dryRun: true, signal });
    const what = `${formatCount(preview.objects, 'object')} (${formatBytes(preview.size)})`;
    const isEmpty = preview.objects === 0 && preview.unfinished === 0;
    if (flags['dry-run'] || isEmpty) {
      this.log(
        isEmpty
          ? 'There is nothing to remove.'
          : `Would remove ${what} and ${formatCount(preview.unfinished, 'unfinished write')}.`,
      );
      return { pruned: preview };
    }
    await confirm(`Remove ${what} that no run refers to?`, flags);
    const pruned = await pruneArtifacts(project, { signal });
    dispose();
    this.log(successLine(`Removed ${formatCount(pruned.objects, 'object')} (${formatBytes(pruned.size)}).`));
    return { pruned };
  }
}
