import { MlstackCommand } from '../../command/mlstack-command.ts';
import { integrationName, knownIntegrations } from '../../integration/integration-packages.ts';
import { formatTable } from '../../output/format-table.ts';

interface Integration {
  readonly name: string;
  readonly package: string;
  readonly installed: boolean;
  readonly version?: string;
  readonly summary: string;
}

export default class IntegrationList extends MlstackCommand {
  async run() {
    const { flags } = await this.parse(IntegrationList);
    const installed = this.openProject(flags)
      .flavors.discover()
      .packages.map(
        (one): Integration => ({
          name: integrationName(one.name),
          package: one.name,
          installed: true,
          version: one.version,
          summary: one.flavors.map((flavor) => `${flavor.type}/${flavor.name}`).join(', '),
        }),
      );
    const others = Object.entries(knownIntegrations)
      .filter(([name]) => !installed.some((one) => one.name === name))
      .map(([name, summary]): Integration => ({ name, package: `@mlstack/flavor-${name}`, installed: false, summary }));
    const integrations = [...installed, ...others];
    this.log(
      formatTable(integrations, [
        { title: 'INTEGRATION', value: (one) => one.name, isWhole: true },
        { title: 'INSTALLED', value: (one) => one.version ?? 'no' },
        { title: 'BRINGS', value: (one) => one.summary, isProse: true },
      ]),
    );
    return { integrations };
  }
}
