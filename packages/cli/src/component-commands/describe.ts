import type { ComponentTypeDescription } from '@mlstack/core/project';
import { describeComponent } from '@mlstack/core/project';
import { optionalArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatConfig } from '../output/format-config.ts';
import { formatFields } from '../output/format-table.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentDescribe extends MlstackCommand {
    static override args = { name: optionalArgument(`${title}; that of the active stack if left out`) };
    static override completions = { name: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentDescribe);
      const component = await describeComponent(this.openProject(flags), type, args.name);
      this.log(`${title} ${component.name}`);
      this.log(
        formatFields([
          ['flavor', component.flavor],
          ['id', component.id],
          ['stacks', component.stacks.join(', ') || 'none'],
        ]),
      );
      const config = formatConfig(component);
      if (config !== '') this.log(`config\n${config}`);
      return { component };
    }
  };
