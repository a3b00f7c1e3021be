import { describePipeline } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatPlan } from '../../output/format-plan.ts';
import { formatRuns } from '../../output/format-runs.ts';
import { formatFields } from '../../output/format-table.ts';

export default class PipelineDescribe extends MlstackCommand {
  static override description = 'The graph is that of its newest run.';
  static override args = { pipeline: requiredArgument('Pipeline') };

  async run() {
    const { args, flags } = await this.parse(PipelineDescribe);
    const pipeline = await describePipeline(this.openProject(flags), args.pipeline);
    this.log(
      formatFields([
        ['pipeline', pipeline.name],
        ['file', pipeline.sourceFile],
      ]),
    );
    this.log(`\n${formatPlan(pipeline.plan)}`);
    this.log(`\n${formatRuns(pipeline.runs)}`);
    return { pipeline };
  }
}
