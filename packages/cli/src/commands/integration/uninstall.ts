import { requiredArgument, yesFlag } from '../../command/arguments.ts';
import { confirm } from '../../command/confirm.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { UsageError } from '../../command/usage-error.ts';
import { changePackages, findPackageManager } from '../../integration/change-packages.ts';
import { componentsUsing, integrationPackage, knownIntegrations } from '../../integration/integration-packages.ts';
import { successLine } from '../../output/report-success.ts';

export default class IntegrationUninstall extends MlstackCommand {
  static override description =
    "Removes @mlstack/flavor-NAME with the project's own package manager. Refused while a component uses it.";
  static override args = { name: requiredArgument('Integration, as s3') };
  static override flags = { yes: yesFlag };
  static override completions = { name: Object.keys(knownIntegrations) };

  async run() {
    const { args, flags } = await this.parse(IntegrationUninstall);
    const project = this.openProject(flags);
    const packageName = integrationPackage(args.name);
    const installed = project.flavors.discover().packages.find((one) => one.name === packageName);
    if (installed === undefined) {
      throw new UsageError(`${packageName} is not installed.`, { hint: 'See `mlstack integration list`.' });
    }
    const users = componentsUsing(project, installed);
    if (users.length > 0) {
      throw new UsageError(`${packageName} is used by ${users.join(', ')}.`, { hint: 'Delete them first.' });
    }
    await confirm(`Uninstall ${packageName}?`, flags);
    const manager = findPackageManager(project.directory);
    await changePackages(manager, 'remove', packageName);
    this.log(successLine(`${packageName} is uninstalled.`));
    return { package: packageName, packageManager: manager.name, directory: manager.directory };
  }
}
