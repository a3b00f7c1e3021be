import { componentTypes, removeStackComponents } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { optionalArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { UsageError } from '../../command/usage-error.ts';
import { successLine } from '../../output/report-success.ts';

const removableTypes = componentTypes.filter((row) => !row.required);

export default class StackRemoveComponent extends MlstackCommand {
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override flags = Object.fromEntries(
    removableTypes.map(({ type, flag, title }) => [
      type,
      Flags.boolean({ char: flag, summary: `Take out the ${title.toLowerCase()}` }),
    ]),
  );
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackRemoveComponent);
    const chosen: Readonly<Record<string, unknown>> = flags;
    const types = removableTypes.map((row) => row.type).filter((type) => chosen[type] === true);
    if (types.length === 0) {
      throw new UsageError('No component type is named.', { hint: 'Name what to take out, as in --step-operator.' });
    }
    const stack = await removeStackComponents(this.openProject(flags), args.name, types);
    this.log(
      successLine(
        `Stack "${stack.name}" has no ${types.map((type) => type.replaceAll('-', ' ')).join(' and no ')} any more.`,
      ),
    );
    return { stack };
  }
}
