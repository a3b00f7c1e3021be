import { diagnoseProject } from '@mlstack/core/project';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { stateMark } from '../output/state-mark.ts';

export default class Doctor extends MlstackCommand {
  static override description = 'Changes nothing. Exit code 0: no problem. 1: at least one.';

  async run() {
    const { flags } = await this.parse(Doctor);
    const diagnosis = await diagnoseProject(this.openProject(flags));
    for (const { level, subject, message, fix, component } of diagnosis.findings) {
      const where = component === undefined ? subject : `${component.type} ${component.name}, ${subject}`;
      this.log(`${stateMark(level)} ${where}: ${message}`);
      if (fix !== undefined) this.log(`  → ${fix}`);
    }
    if (!diagnosis.healthy) process.exitCode = 1;
    return diagnosis;
  }
}
