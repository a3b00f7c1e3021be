import type { DeletedStack } from '@mlstack/core/project';
import { deleteStack, previewStackDeletion } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument, yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatLeft, warnOfLeft } from '../../output/format-left.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackDelete extends MlstackCommand {
  static override args = { name: requiredArgument('Stack') };
  static override flags = {
    recursive: Flags.boolean({ summary: 'Delete its components too, where no other stack uses them', char: 'r' }),
    yes: yesFlag,
  };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackDelete);
    const project = this.openProject(flags);
    const preview = previewStackDeletion(project, args.name, flags.recursive);
    await confirm(`Delete stack "${preview.name}"${listOf(preview)}?${warnOfLeft(preview.components)}`, flags);
    const deleted = await deleteStack(project, args.name, { recursive: flags.recursive });
    const line = successLine(`Stack "${deleted.name}" is deleted${listOf(deleted)}.`);
    this.log([line, ...formatLeft(deleted.components)].join('\n'));
    return { deleted };
  }
}

function listOf({ components }: DeletedStack): string {
  const names = components.map(({ type, name }) => `${type} "${name}"`);
  return names.length === 0 ? '' : ` with ${names.join(', ')}`;
}
