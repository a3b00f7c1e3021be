import { planPipeline, runPipeline, submitPipeline } from '@mlstack/core/project';
import * as Flags from '@oclif/core/flags';
import { abortOnSignals } from '../command/abort-on-signals.ts';
import { requiredArgument } from '../command/arguments.ts';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { readRunConfiguration } from '../command/run-configuration.ts';
import { takeEarlyWorker } from '../host/early-worker.ts';
import { formatPlan } from '../output/format-plan.ts';
import { successLine } from '../output/report-success.ts';
import { finishRun, showRun } from '../output/show-run.ts';

export default class Run extends MlstackCommand {
  static override description =
    'Exit code 0: completed. 1: failed. 130: cancelled. Ctrl-C cancels in order; a second one ends at once, and `mlstack runs resume` goes on from there.';
  static override examples = [
    '$ mlstack run pipeline.ts',
    '$ mlstack run pipelines.ts#training --param train_model.epochs=10',
    '$ mlstack run pipeline.ts --config prod.yaml --stack prod --detach',
  ];
  static override args = {
    file: requiredArgument('File of the pipeline; #NAME for an export that is not the default one'),
  };
  static override flags = {
    param: Flags.string({
      summary: 'Parameter of a step, or without a step of the pipeline; the value is JSON or text',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<step.key=value>',
    }),
    config: Flags.string({ summary: 'Run configuration in YAML; flags are laid over it', helpValue: '<file>' }),
    'run-name': Flags.string({ summary: 'Name of the run instead of one made of pipeline and time' }),
    'no-cache': Flags.boolean({ summary: 'Run every step' }),
    detach: Flags.boolean({ summary: 'Run in the background', exclusive: ['plan'] }),
    plan: Flags.boolean({ summary: 'Show what would run, and run nothing' }),
  };
  static override completions = { file: 'files' as const, config: 'files' as const };

  async run() {
    const { args, flags } = await this.parse(Run);
    const project = this.openProject(flags);
    const [file = '', exportName] = splitExport(args.file);
    const configuration = await readRunConfiguration(flags);
    const progress = showRun({ silent: this.jsonEnabled() });
    const interrupted = abortOnSignals(() => progress.cancelling());
    const worker = takeEarlyWorker();
    const options = {
      file,
      ...(exportName === undefined ? {} : { export: exportName }),
      configuration,
      signal: interrupted.signal,
      onOutput: (text: string) => progress.print(text),
      ...(worker === undefined ? {} : { worker }),
    };
    try {
      if (flags.plan) {
        const plan = await planPipeline(project, options);
        this.log(`${plan.pipeline}\n${formatPlan(plan)}`);
        return { plan };
      }
      if (flags.detach) {
        const submitted = await submitPipeline(project, options);
        this.log(successLine(`Run "${submitted.name}" has begun: ${submitted.description}.`));
        this.log(
          `  Next: \`mlstack runs logs ${submitted.name} --follow\`, or \`mlstack runs stop ${submitted.name}\`.`,
        );
        return { run: submitted };
      }
      const outcome = await runPipeline(project, { ...options, onEvent: (event) => progress.handle(event) });
      return finishRun(progress, outcome);
    } finally {
      progress.close();
      interrupted.dispose();
    }
  }
}

/** A folder or a file may have `#` in its name, too. */
function splitExport(text: string): [file: string, exportName?: string] {
  const [, file, exportName] = /^(.+)#([\p{ID_Start}$_][\p{ID_Continue}$]*)$/su.exec(text) ?? [];
  return file === undefined || exportName === undefined ? [text] : [file, exportName];
}
