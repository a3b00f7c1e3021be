import { MlstackCommand } from '../command/mlstack-command.ts';

export default class Help extends MlstackCommand {
  static override strict = false;
  static override usage = 'help [COMMAND]';

  async run(): Promise<void> {
    const { argv } = await this.parse(Help);
    const { showHelpFor } = await import('../host/run-command-line.ts');
    await showHelpFor(argv.map(String));
  }
}
