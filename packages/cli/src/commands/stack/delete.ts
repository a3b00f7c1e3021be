import { deleteStack, previewStackDeletion } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument, yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
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
    const components = preview.components.map(({ type, name }) => `${type} "${name}"`);
    const also = components.length === 0 ? '' : ` with ${components.join(', ')}`;
    await confirm(`Delete stack "${preview.name}"${also}?`, flags);
    const deleted = await deleteStack(project, args.name, { recursive: flags.recursive });
    this.log(successLine(`Stack "${deleted.name}" is deleted${also}.`));
    return { deleted };
  }
}
