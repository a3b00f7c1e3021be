import type { ComponentTypeDescription } from '@mlstack/core/project';
import { describeFlavor } from '@mlstack/core/project';
import { requiredArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { formatConfigFields } from '../output/format-config-fields.ts';

export default ({ type }: ComponentTypeDescription) =>
  class FlavorDescribe extends MlstackCommand {
    static override description = 'With --json, the fields come as JSON Schema too.';
    static override args = { flavor: requiredArgument('Flavor') };
    static override completions = { flavor: 'flavors' as const };

    async run() {
      const { args, flags } = await this.parse(FlavorDescribe);
      const flavor = await describeFlavor(this.openProject(flags), type, args.flavor);
      const from =
        flavor.package === undefined ? (flavor.source ?? 'this project') : `${flavor.package} ${flavor.version}`;
      this.log(`${type}/${flavor.name}  ${flavor.summary}\nfrom ${from}\n`);
      this.log(flavor.fields.length === 0 ? 'It has no fields.' : formatConfigFields(flavor.fields));
      return { flavor };
    }
  };
