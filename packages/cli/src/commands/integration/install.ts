import { requiredArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { changePackages, findPackageManager } from '../../integration/change-packages.ts';
import { integrationPackage, knownIntegrations } from '../../integration/integration-packages.ts';
import { successLine } from '../../output/report-success.ts';

export default class IntegrationInstall extends MlstackCommand {
  static override description = "Adds @mlstack/flavor-NAME with the project's own package manager.";
  static override args = { name: requiredArgument('Integration, as s3') };
  static override completions = { name: Object.keys(knownIntegrations) };

  async run() {
    const { args, flags } = await this.parse(IntegrationInstall);
    const packageName = integrationPackage(args.name);
    const manager = findPackageManager(this.openProject(flags).directory);
    await changePackages(manager, 'add', packageName);
    this.log(successLine(`${packageName} is installed in ${manager.directory}.`));
    this.log('  Next: `mlstack flavor list`.');
    return { package: packageName, packageManager: manager.name, directory: manager.directory };
  }
}
