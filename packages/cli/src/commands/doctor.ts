import { diagnoseProject } from '@mlstack/core/project';
import { abortOnSignals } from '../command/abort-on-signals.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { InterruptedError } from '../command/usage-error.ts';
import { stateMark } from '../output/state-mark.ts';

export default class Doctor extends MlstackCommand {
  static override description = 'Changes nothing. Exit code 0: no problem. 1: at least one.';

  async run() {
    const { flags } = await this.parse(Doctor);
    const { signal, dispose } = abortOnSignals();
    const diagnosis = await diagnoseProject(this.openProject(flags), { signal }).catch((error: unknown) => {
      throw signal.aborted ? new InterruptedError() : error;
    });
    dispose();
    for (const { level, subject, message, fix, component } of diagnosis.findings) {
      const where = component === undefined ? subject : `${component.type} ${component.name}, ${subject}`;
      this.log(`${stateMark(level)} ${where}: ${message}`);
      if (fix !== undefined) this.log(`  → ${fix}`);
    }
    if (!diagnosis.healthy) process.exitCode = 1;
    return diagnosis;
  }
}
