import type { ArtifactDescription } from '@mlstack/core/project';
import { describeArtifact } from '@mlstack/core/project';
import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatBytes, formatMoment } from '../../output/format-quantity.ts';
import { formatFields, formatTable } from '../../output/format-table.ts';

export default class ArtifactsDescribe extends MlstackCommand {
  static override args = { artifact: requiredArgument('Id of an artifact') };

  async run() {
    const { args, flags } = await this.parse(ArtifactsDescribe);
    const artifact = await describeArtifact(this.openProject(flags), args.artifact);
    this.log(
      formatFields([
        ['artifact', artifact.id],
        ['value', artifact.preview],
        ['made by', madeBy(artifact)],
        ['at', formatMoment(artifact.createdAt)],
        ['size', formatBytes(artifact.size)],
        ['sha256', artifact.sha256],
        ['written by', `${artifact.materializer.id} ${artifact.materializer.version}`],
        ['store', `${artifact.store.name} (${artifact.store.flavor})`],
        ['where', artifact.uri],
      ]),
    );
    if (artifact.files.length > 1) {
      const table = formatTable(artifact.files, [
        { title: 'FILE', value: (file) => file.path },
        { title: 'SIZE', value: (file) => formatBytes(file.size), align: 'right' },
        { title: 'NAME THERE', value: (file) => file.uri.slice(file.uri.lastIndexOf('/') + 1) },
      ]);
      this.log(`\n${table}`);
    }
    return { artifact };
  }
}

/** The run may have been deleted since. */
function madeBy({ step, nodeId, output, runName, runId, pipeline }: ArtifactDescription): string {
  const what = output === 'output' ? (step ?? nodeId) : `${step ?? nodeId}, output ${output}`;
  return runName === undefined
    ? `${what}, of run ${runId}, which was deleted`
    : `${what}, of run ${runName}${pipeline === undefined ? '' : ` (${pipeline})`}`;
}
