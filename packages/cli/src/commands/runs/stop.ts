import { stopRun } from '@mlstack/core/project';
import { abortOnSignals } from '../../command/abort-on-signals.ts';
import { chooseRun, runArgument } from '../../command/choose-run.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class RunsStop extends MlstackCommand {
  static override description = 'Asks whoever drives the run to cancel it, and waits until it is over.';
  static override args = { run: runArgument };

  async run() {
    const { args, flags } = await this.parse(RunsStop);
    const project = this.openProject(flags);
    const interrupted = abortOnSignals();
    const stopped = await stopRun(project, await chooseRun(project, args.run), { signal: interrupted.signal });
    interrupted.dispose();
    this.log(
      stopped.changed
        ? successLine(`Run "${stopped.name}" is ${stopped.state}.`)
        : `Run "${stopped.name}" was ${stopped.state} already.`,
    );
    return { run: stopped };
  }
}
