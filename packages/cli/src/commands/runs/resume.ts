import { resumeRun } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { abortOnSignals } from '../../command/abort-on-signals.ts';
import { chooseRun, runArgument } from '../../command/choose-run.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { finishRun, showRun } from '../../output/show-run.ts';

export default class RunsResume extends MlstackCommand {
  static override description =
    'Goes on with the recorded plan, stack and code. What has succeeded is not run again. Exit codes are those of `run`.';
  static override args = { run: runArgument };
  static override flags = {
    'with-current-code': Flags.boolean({ summary: 'Go on with the code as it is on the disk now' }),
  };

  async run() {
    const { args, flags } = await this.parse(RunsResume);
    const project = this.openProject(flags);
    const progress = showRun({ silent: this.jsonEnabled() });
    const interrupted = abortOnSignals(() => progress.cancelling());
    try {
      const outcome = await resumeRun(project, await chooseRun(project, args.run), {
        withCurrentCode: flags['with-current-code'],
        signal: interrupted.signal,
        onEvent: (event) => progress.handle(event),
      });
      return finishRun(progress, outcome);
    } finally {
      progress.close();
      interrupted.dispose();
    }
  }
}
