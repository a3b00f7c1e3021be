import type { ComponentTypeDescription } from '@mlstack/core/project';
import { describeComponent, updateComponent } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument } from '../command/arguments.ts';
import { takeConfigArguments } from '../command/config-arguments.ts';
import { readFlavorConfig } from '../command/flavor-config.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { UsageError } from '../command/usage-error.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentUpdate extends MlstackCommand {
    static override description = 'Checked by the flavor and by the rules of each stack that uses it.';
    static override usage = `${type} update NAME --KEY=VALUE…`;
    static override args = { name: requiredArgument(title) };
    static override flags = {
      interactive: Flags.boolean({ summary: 'Ask for the fields that are not given', char: 'i' }),
    };
    static override completions = { name: 'components' as const };

    async run() {
      const argv = [...this.argv];
      const { args, flags } = await this.parse(ComponentUpdate, takeConfigArguments(argv, ComponentUpdate).rest);
      const project = this.openProject(flags);
      const before = await describeComponent(project, type, args.name);
      const changes = await readFlavorConfig(project, type, before.flavor, {
        argv,
        command: ComponentUpdate,
        interactive: flags.interactive,
      });
      if (Object.keys(changes).length === 0) {
        throw new UsageError('No field is given.', { hint: 'Give one, as in --KEY=VALUE.' });
      }
      const { id, name, flavor } = await updateComponent(project, type, args.name, changes);
      this.log(successLine(`${title} "${name}" is updated.`));
      return { component: { type, name, id, flavor } };
    }
  };
