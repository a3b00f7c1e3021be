import { styleText } from 'node:util';
import type { Project, RunLogLine } from '@mlstack/core/project';
import { describeRun, readRunLog } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { abortOnSignals } from '../../command/abort-on-signals.ts';
import { chooseRun, runArgument } from '../../command/choose-run.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { waitForReader } from '../../output/closed-output.ts';
import { formatCount } from '../../output/format-quantity.ts';

export default class RunsLogs extends MlstackCommand {
  static override args = { run: runArgument };
  static override flags = {
    step: Flags.string({ summary: 'Only this step' }),
    attempt: Flags.integer({ summary: 'Its attempt; the newest if left out', min: 1, dependsOn: ['step'] }),
    follow: Flags.boolean({ summary: 'Wait for more until the run is over', char: 'F' }),
  };

  async run() {
    const { args, flags } = await this.parse(RunsLogs);
    const project = this.openProject(flags);
    const interrupted = abortOnSignals();
    const run = await chooseRun(project, args.run);
    const lines = readRunLog(project, run, {
      ...(flags.step === undefined ? {} : { node: flags.step }),
      ...(flags.attempt === undefined ? {} : { attempt: flags.attempt }),
      follow: flags.follow,
      signal: interrupted.signal,
    });
    const collected: RunLogLine[] = [];
    let printed = 0;
    for await (const line of lines) {
      printed++;
      if (this.jsonEnabled()) {
        collected.push(line);
        continue;
      }
      this.log(formatLine(line, flags.step === undefined));
      await waitForReader();
    }
    interrupted.dispose();
    if (interrupted.signal.aborted) process.exitCode = 130;
    else if (printed === 0) this.logToStderr(await this.explainSilence(project, run, flags.step));
    return { lines: collected };
  }

  private async explainSilence(project: Project, run: string, step: string | undefined): Promise<string> {
    const { name, steps } = await describeRun(project, run);
    const cached = steps.filter(({ nodeId, state }) => state === 'cached' && (step ?? nodeId) === nodeId);
    if (cached.length === 0) return 'Nothing was printed.';
    const what = step === undefined ? formatCount(cached.length, 'step') : `step "${step}"`;
    return `Nothing was printed: ${what} came from the cache, and \`mlstack runs explain ${name}\` says from which run.`;
  }
}

function formatLine({ nodeId, role, stream, level, text }: RunLogLine, withStep: boolean): string {
  const who = [withStep ? nodeId : '', role ?? ''].filter((part) => part !== '').join(' ');
  const step = who === '' ? '' : `${styleText('cyan', who)}  `;
  const isBad = stream === 'stderr' || level === 'error' || level === 'warn';
  const show = (part: string) => (isBad ? styleText(level === 'error' ? 'red' : 'yellow', part) : part);
  // What is written over itself, as a bar of progress is, stands line by line.
  const parts = text.replace(/\r+$/, '').split(/\r+/);
  return parts.map((part) => `${step}${level === undefined ? '' : `${level} `}${show(part)}`).join('\n');
}
