import { getActiveStack } from '@mlstack/core/project';
import { MlstackCommand } from '../../command/mlstack-command.ts';

export default class StackGet extends MlstackCommand {
  async run() {
    const { flags } = await this.parse(StackGet);
    const stack = getActiveStack(this.openProject(flags));
    this.log(stack.name);
    return { stack };
  }
}
