import type { ComponentTypeDescription } from '@mlstack/core/project';
import { renameComponent } from '@mlstack/core/project';
import { requiredArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentRename extends MlstackCommand {
    static override description = 'Stacks follow, and what was recorded stays with it.';
    static override args = { old: requiredArgument(title), new: requiredArgument('Its new name') };
    static override completions = { old: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentRename);
      const component = await renameComponent(this.openProject(flags), type, args.old, args.new);
      this.log(successLine(`${title} "${args.old}" is named "${component.name}" now.`));
      return { component: { type, name: component.name, id: component.id, flavor: component.flavor } };
    }
  };
