import type { ComponentTypeDescription } from '@mlstack/core/project';
import { copyComponent } from '@mlstack/core/project';
import { requiredArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentCopy extends MlstackCommand {
    static override args = { source: requiredArgument(title), name: requiredArgument('Name of the copy') };
    static override completions = { source: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentCopy);
      const component = await copyComponent(this.openProject(flags), type, args.source, args.name);
      this.log(successLine(`${title} "${component.name}" is a copy of "${args.source}".`));
      return { component: { type, name: component.name, id: component.id, flavor: component.flavor } };
    }
  };
