import type { ComponentTypeDescription } from '@mlstack/core/project';
import { startComponent } from '@mlstack/core/project';
import { optionalArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatLifecycle } from '../output/format-lifecycle.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentUp extends MlstackCommand {
    static override args = { name: optionalArgument(`${title}; that of the active stack if left out`) };
    static override completions = { name: 'components' as const };

    async run() {
      const { args, flags } = await this.parse(ComponentUp);
      const component = await startComponent(this.openProject(flags), type, args.name);
      if (component.error !== undefined || component.state === 'failed') process.exitCode = 1;
      this.log(formatLifecycle([component]));
      return { component };
    }
  };
