import type { ComponentTypeDescription } from '@mlstack/core/project';
import { getActiveComponent } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';

export default ({ type }: ComponentTypeDescription) =>
  class ComponentGet extends MlstackCommand {
    async run() {
      const { flags } = await this.parse(ComponentGet);
      const component = getActiveComponent(this.openProject(flags), type);
      this.log(component.name);
      return { component };
    }
  };
