import type { ComponentTypeDescription } from '@mlstack/core/project';
import { listFlavors } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatFlavors } from '../output/format-flavors.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class FlavorList extends MlstackCommand {
    async run() {
      const { flags } = await this.parse(FlavorList);
      const flavors = listFlavors(this.openProject(flags), type);
      this.log(
        flavors.length === 0
          ? `No flavor of ${title.toLowerCase()} is installed. See \`mlstack integration list\`.`
          : formatFlavors(flavors, { withType: false }),
      );
      return { flavors };
    }
  };
