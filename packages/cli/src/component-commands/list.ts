import type { ComponentTypeDescription } from '@mlstack/core/project';
import { listComponents } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatTable } from '../output/format-table.ts';

export default ({ type, plural }: ComponentTypeDescription) =>
  class ComponentList extends MlstackCommand {
    async run() {
      const { flags } = await this.parse(ComponentList);
      const components = listComponents(this.openProject(flags), type);
      this.log(
        components.length === 0
          ? `There are no ${plural}. Register one with \`mlstack ${type} register\`.`
          : formatTable(components, [
              { title: '', value: (component) => (component.active ? '*' : ' ') },
              { title: 'NAME', value: (component) => component.name, isWhole: true },
              { title: 'FLAVOR', value: (component) => component.flavor },
              { title: 'STACKS', value: (component) => component.stacks.join(', ') },
              { title: 'ID', value: (component) => component.id },
            ]),
      );
      return { components };
    }
  };
