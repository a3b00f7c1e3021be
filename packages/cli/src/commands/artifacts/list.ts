import { listArtifacts } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { pageFlags, pageOptions } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { nextPageLine } from '../../output/format-next-page.ts';
import { formatAge, formatBytes } from '../../output/format-quantity.ts';
import { formatTable } from '../../output/format-table.ts';

export default class ArtifactsList extends MlstackCommand {
  static override flags = {
    run: Flags.string({ summary: 'Of this run: what it made and what it took from the cache' }),
    step: Flags.string({ summary: 'Of this step of the run', dependsOn: ['run'] }),
    pipeline: Flags.string({ summary: 'Of runs of this pipeline' }),
    output: Flags.string({ summary: 'Of this output' }),
    ...pageFlags,
  };

  async run() {
    const { flags } = await this.parse(ArtifactsList);
    const { items, next } = await listArtifacts(this.openProject(flags), {
      ...pageOptions(flags),
      ...(flags.run === undefined ? {} : { run: flags.run }),
      ...(flags.step === undefined ? {} : { node: flags.step }),
      ...(flags.pipeline === undefined ? {} : { pipeline: flags.pipeline }),
      ...(flags.output === undefined ? {} : { output: flags.output }),
    });
    const table = formatTable(items, [
      { title: 'ARTIFACT', value: (artifact) => artifact.id, isWhole: true },
      { title: 'STEP', value: (artifact) => artifact.nodeId },
      { title: 'OUTPUT', value: (artifact) => artifact.output },
      { title: 'VALUE', value: (artifact) => artifact.preview },
      { title: 'SIZE', value: (artifact) => formatBytes(artifact.size), align: 'right' },
      { title: 'MADE', value: (artifact) => formatAge(artifact.createdAt) },
    ]);
    this.log(items.length === 0 ? 'There are no artifacts.' : table + nextPageLine(next));
    return { artifacts: items, ...(next === undefined ? {} : { next }) };
  }
}
