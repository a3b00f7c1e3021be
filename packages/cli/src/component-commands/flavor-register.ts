import type { ComponentTypeDescription } from '@mlstack/core/project';
import { registerFlavor } from '@mlstack/core/project';
import { requiredArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { successLine } from '../output/report-success.ts';

export default ({ type }: ComponentTypeDescription) =>
  class FlavorRegister extends MlstackCommand {
    static override description =
      'Imports the flavor to check it. Where two packages claim the same flavor, registering `package#exportName` of one is the choice.';
    static override args = { source: requiredArgument('./file.ts#exportName or package#exportName') };
    static override completions = { source: 'files' as const };

    async run() {
      const { args, flags } = await this.parse(FlavorRegister);
      const flavor = await registerFlavor(this.openProject(flags), args.source, { type });
      this.log(successLine(`Flavor ${flavor.type}/${flavor.name} is registered from ${flavor.source}.`));
      this.log(`  Next: \`mlstack ${type} register NAME --flavor=${flavor.name}\`.`);
      return { flavor };
    }
  };
