import { listRuns } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { pageFlags, pageOptions } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { formatRuns } from '../../output/format-runs.ts';

const states = ['pending', 'running', 'waiting', 'completed', 'failed', 'cancelled', 'crashed'] as const;

export default class RunsList extends MlstackCommand {
  static override flags = {
    pipeline: Flags.string({ summary: 'Runs of this pipeline alone' }),
    state: Flags.option({ summary: 'Runs in this state alone', options: states })(),
    ...pageFlags,
  };
  static override completions = { state: states };

  async run() {
    const { flags } = await this.parse(RunsList);
    const { items, next } = await listRuns(this.openProject(flags), {
      ...pageOptions(flags),
      ...(flags.pipeline === undefined ? {} : { pipeline: flags.pipeline }),
      ...(flags.state === undefined ? {} : { state: flags.state }),
    });
    this.log(
      items.length === 0
        ? 'There are no runs. Start one with `mlstack run FILE`.'
        : formatRuns(items) + nextPageLine(next),
    );
    return { runs: items, ...(next === undefined ? {} : { next }) };
  }
}
