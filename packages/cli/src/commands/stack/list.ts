import { componentTypes, listStacks } from '@mlstack/core/project';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { formatTable } from '../../output/format-table.ts';

export default class StackList extends MlstackCommand {
  async run() {
    const { flags } = await this.parse(StackList);
    const stacks = listStacks(this.openProject(flags));
    this.log(
      formatTable(stacks, [
        { title: '', value: (stack) => (stack.active ? '*' : ' ') },
        { title: 'STACK', value: (stack) => stack.name, isWhole: true },
        ...componentTypes.map((row) => ({
          title: row.title.toUpperCase(),
          value: (stack: (typeof stacks)[number]) => stack.components[row.type] ?? '',
        })),
      ]),
    );
    return { stacks };
  }
}
