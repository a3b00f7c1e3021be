import { listFlavors } from '@mlstack/core/project';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatFlavors } from '../../output/format-flavors.ts';

export default class FlavorList extends MlstackCommand {
  async run() {
    const { flags } = await this.parse(FlavorList);
    const flavors = listFlavors(this.openProject(flags));
    this.log(formatFlavors(flavors, { withType: true }));
    return { flavors };
  }
}
