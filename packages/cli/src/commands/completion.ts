import * as Args from '@oclif/core/args';
import { MlstackCommand } from '../command/mlstack-command.ts';
import { completionScripts, isShell } from '../completion/completion-scripts.ts';

export default class Completion extends MlstackCommand {
  static override description = `Add the line for your shell to its start-up file:

  bash  eval "$(mlstack completion bash)"
  zsh   eval "$(mlstack completion zsh)"
  fish  mlstack completion fish | source`;
  static override args = {
    shell: Args.string({
      description: 'bash, zsh or fish',
      required: true,
      options: ['bash', 'zsh', 'fish'],
      ignoreStdin: true,
    }),
  };
  static override completions = { shell: ['bash', 'zsh', 'fish'] };

  async run(): Promise<{ shell: string; script: string }> {
    const { args } = await this.parse(Completion);
    if (!isShell(args.shell)) throw new Error(`no script for ${args.shell}`);
    const script = completionScripts[args.shell];
    this.log(script.trimEnd());
    return { shell: args.shell, script };
  }
}
