import { listPipelines } from '@mlstack/core/project';
import { pageFlags, pageOptions } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { formatAge } from '../../output/format-quantity.ts';
import { formatTable } from '../../output/format-table.ts';
import { markedState } from '../../output/state-mark.ts';

export default class PipelineList extends MlstackCommand {
  static override flags = pageFlags;

  async run() {
    const { flags } = await this.parse(PipelineList);
    const { items, next } = await listPipelines(this.openProject(flags), pageOptions(flags));
    const table = formatTable(items, [
      { title: 'PIPELINE', value: (pipeline) => pipeline.name, isWhole: true },
      { title: 'RUNS', value: (pipeline) => String(pipeline.runs), align: 'right' },
      { title: 'LAST RUN', value: (pipeline) => pipeline.lastRun.name, isWhole: true },
      { title: 'STATE', value: (pipeline) => markedState(pipeline.lastRun.state) },
      { title: 'STARTED', value: (pipeline) => formatAge(pipeline.lastRun.createdAt) },
    ]);
    this.log(
      items.length === 0 ? 'No pipeline has run. Start one with `mlstack run FILE`.' : table + nextPageLine(next),
    );
    return { pipelines: items, ...(next === undefined ? {} : { next }) };
  }
}
