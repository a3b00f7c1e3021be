import { artifactLineage } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatLineage } from '../../output/format-lineage.ts';

const directions = ['up', 'down', 'both'] as const;

export default class ArtifactsLineage extends MlstackCommand {
  static override args = { artifact: requiredArgument('Id of an artifact') };
  static override flags = {
    direction: Flags.option({
      summary: 'up: what it was made from; down: what was made from it',
      options: directions,
      default: 'both',
    })(),
    depth: Flags.integer({ summary: 'How many steps away', default: 20, min: 1 }),
    limit: Flags.integer({ summary: 'How many steps at most, nearest first', default: 200, min: 1 }),
  };
  static override completions = { direction: directions };

  async run() {
    const { args, flags } = await this.parse(ArtifactsLineage);
    const lineage = await artifactLineage(this.openProject(flags), args.artifact, {
      direction: flags.direction,
      depth: flags.depth,
      limit: flags.limit,
    });
    this.log(formatLineage(lineage, flags.direction));
    return lineage;
  }
}
