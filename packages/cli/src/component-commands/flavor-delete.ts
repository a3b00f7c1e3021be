import type { ComponentTypeDescription } from '@mlstack/core/project';
import { deleteFlavor } from '@mlstack/core/project';
import { requiredArgument, yesFlag } from '../command/arguments.ts';
import { confirm } from '../command/confirm.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type }: ComponentTypeDescription) =>
  class FlavorDelete extends MlstackCommand {
    static override description =
      'Only one that was registered, and only while no component uses it. Its code is not touched.';
    static override args = { flavor: requiredArgument('Flavor') };
    static override flags = { yes: yesFlag };
    static override completions = { flavor: 'flavors' as const };

    async run() {
      const { args, flags } = await this.parse(FlavorDelete);
      const project = this.openProject(flags);
      const isRegistered = project.flavors
        .list(type)
        .some(({ name, source }) => name === args.flavor && source !== undefined);
      if (isRegistered) await confirm(`Delete flavor ${type}/${args.flavor}?`, flags);
      const deleted = await deleteFlavor(project, type, args.flavor);
      this.log(successLine(`Flavor ${deleted.type}/${deleted.name} is deleted.`));
      return { deleted };
    }
  };
