import type { ComponentTypeDescription } from '@mlstack/core/project';
import { registerComponent } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { requiredArgument } from '../command/arguments.ts';
import { takeConfigArguments } from '../command/config-arguments.ts';
import { readFlavorConfig } from '../command/flavor-config.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type, title }: ComponentTypeDescription) =>
  class ComponentRegister extends MlstackCommand {
    static override usage = `${type} register NAME --flavor=FLAVOR [--KEY=VALUE…] [-i]`;
    static override args = { name: requiredArgument(`Name of the new ${title.toLowerCase()}`) };
    static override flags = {
      flavor: Flags.string({ summary: 'Its flavor; the other keys are the fields of this', required: true, char: 'f' }),
      interactive: Flags.boolean({ summary: 'Ask for the fields that are not given', char: 'i' }),
    };
    static override completions = { flavor: 'flavors' as const };

    async run() {
      const argv = [...this.argv];
      const { args, flags } = await this.parse(ComponentRegister, takeConfigArguments(argv, ComponentRegister).rest);
      const project = this.openProject(flags);
      const config = await readFlavorConfig(project, type, flags.flavor, {
        argv,
        command: ComponentRegister,
        interactive: flags.interactive,
      });
      const { id, name, flavor } = await registerComponent(project, {
        type,
        name: args.name,
        flavor: flags.flavor,
        config,
      });
      this.log(successLine(`${title} "${name}" is registered, of flavor ${flavor}.`));
      this.log(`  Next: \`mlstack stack update --${type}=${name}\` to use it in the active stack.`);
      return { component: { type, name, id, flavor } };
    }
  };
