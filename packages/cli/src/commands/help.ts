import { MlstackCommand } from '../command/mlstack-command.ts';

export default class Help extends MlstackCommand {
  static override strict = false;
  static override usage = 'help [COMMAND]';

  async run(): Promise<void> {
    const { argv } = await this.parse(Help);
    const { showHelp } = await import('../host/show-help.ts');
    await showHelp(argv.map(String));
  }
}
