import type { ComponentTypeDescription } from '@mlstack/core/project';
import { stopComponent } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { optionalArgument, yesFlag } from '../command/arguments.ts';
import { confirm } from '../command/confirm.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatLifecycle } from '../output/format-lifecycle.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentDown extends MlstackCommand {
    static override args = { name: optionalArgument(`${title}; that of the active stack if left out`) };
    static override flags = {
      deprovision: Flags.boolean({ summary: 'Remove what `up` made; never data' }),
      yes: yesFlag,
    };
    static override completions = { name: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentDown);
      const project = this.openProject(flags);
      if (flags.deprovision)
        await confirm(`Remove what ${title.toLowerCase()} "${args.name ?? 'of the stack'}" has provisioned?`, flags);
      const component = await stopComponent(project, type, args.name, flags);
      if (component.error !== undefined) process.exitCode = 1;
      this.log(formatLifecycle([component]));
      return { component };
    }
  };
