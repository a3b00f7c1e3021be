import type { PrunedArtifacts } from '@mlstack/core/project';
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
    "Looks only at what this project's runs wrote and at the code kept for them, and leaves what is younger than an hour.";
  static override flags = {
    'dry-run': Flags.boolean({ summary: 'Only tell what would be removed' }),
    yes: yesFlag,
  };

  async run() {
    const { flags } = await this.parse(ArtifactsPrune);
    const project = this.openProject(flags);
    const { signal, dispose } = abortOnSignals();
    const preview = await pruneArtifacts(project, { dryRun: true, signal });
    const isEmpty = preview.objects === 0 && preview.bundles === 0;
    if (flags['dry-run']) {
      this.tell(preview, isEmpty ? 'There is nothing to remove.' : `Would remove ${describe(preview)}.`);
      return { pruned: preview };
    }
    if (!isEmpty) await confirm(`Remove ${describe(preview)} that no run needs?`, flags);
    const pruned = await pruneArtifacts(project, { signal });
    dispose();
    const isDone = pruned.objects > 0 || pruned.bundles > 0 || pruned.unfinished > 0;
    this.tell(pruned, isDone ? successLine(`Removed ${describe(pruned)}.`) : 'There is nothing to remove.');
    return { pruned };
  }

  private tell({ notices }: PrunedArtifacts, line: string): void {
    this.log([line, ...notices].join('\n'));
  }
}

function describe({ objects, size, bundles, unfinished }: PrunedArtifacts): string {
  const parts = [`${formatCount(objects, 'object')} (${formatBytes(size)})`];
  if (bundles > 0) parts.push(`${formatCount(bundles, 'bundle')} of code`);
  if (unfinished > 0) parts.push(formatCount(unfinished, 'unfinished write'));
  return parts.join(', ');
}
