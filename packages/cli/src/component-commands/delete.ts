import type { ComponentTypeDescription } from '@mlstack/core/project';
import { deleteComponent, describeComponent } from '@mlstack/core/project';
import { requiredArgument, yesFlag } from '../command/arguments.ts';
import { confirm } from '../command/confirm.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatLeft, warnOfLeft } from '../output/format-left.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentDelete extends MlstackCommand {
    static override description = 'Refused while a stack uses it. What it keeps, files or records, is not touched.';
    static override args = { name: requiredArgument(title) };
    static override flags = { yes: yesFlag };
    static override completions = { name: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentDelete);
      const project = this.openProject(flags);
      const component = await describeComponent(project, type, args.name);
      const { name, stacks } = component;
      if (stacks.length === 0) {
        await confirm(`Delete ${title.toLowerCase()} "${name}"?${warnOfLeft([component])}`, flags);
      }
      const deleted = await deleteComponent(project, type, name);
      this.log([successLine(`${title} "${deleted.name}" is deleted.`), ...formatLeft([deleted])].join('\n'));
      return { deleted };
    }
  };
