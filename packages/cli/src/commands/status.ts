import { describeProject } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { findFlavorCommands } from '../host/flavor-commands.ts';
import { formatFields, formatTable } from '../output/format-table.ts';
import { markedState, stateMark } from '../output/state-mark.ts';

export default class Status extends MlstackCommand {
  async run() {
    const { flags } = await this.parse(Status);
    const project = this.openProject(flags);
    const status = await describeProject(project);
    const commands = findFlavorCommands(project.directory).problems;
    const problems = [...status.problems, ...commands.map((one) => `package ${one.package}: ${one.message}`)];
    this.log(
      formatFields([
        [
          'project',
          status.directory + (status.origin === 'user' ? '  (per user: no project here, see `mlstack init`)' : ''),
        ],
        [
          'inside of',
          status.outer === undefined ? undefined : `${status.outer}  (another project; the nearer one is used)`,
        ],
        ['stack', status.stack],
      ]),
    );
    this.log('');
    this.log(
      formatTable(status.components, [
        { title: 'COMPONENT', value: (component) => component.type },
        { title: 'NAME', value: (component) => component.name, isWhole: true },
        { title: 'FLAVOR', value: (component) => component.flavor ?? '' },
        { title: 'STATE', value: (component) => markedState(component.state) },
        { title: '', value: (component) => component.message ?? '', isProse: true },
      ]),
    );
    if (status.packages.length > 0) {
      this.log('');
      this.log(
        formatTable(status.packages, [
          { title: 'PACKAGE', value: (one) => one.name, isWhole: true },
          { title: 'VERSION', value: (one) => one.version },
          { title: 'FLAVORS', value: (one) => one.flavors.join(', '), isProse: true },
        ]),
      );
    }
    if (problems.length > 0)
      this.log(`\n${problems.map((problem) => `${stateMark('problem')} ${problem}`).join('\n')}`);
    return { ...status, problems };
  }
}
