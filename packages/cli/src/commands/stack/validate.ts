import { ValidationError, validateStack } from '@mlstack/core/project';
import { optionalArgument } from '../../command/arguments.ts';
import { MlstackCommand } from '../../command/mlstack-command.ts';
import { successLine } from '../../output/report-success.ts';

export default class StackValidate extends MlstackCommand {
  static override description = 'Exit code 0: valid. 2: not; with --json the issues are in the document.';
  static override args = { name: optionalArgument('Stack; the active one if left out') };
  static override completions = { name: 'stacks' as const };

  async run() {
    const { args, flags } = await this.parse(StackValidate);
    const validation = await validateStack(this.openProject(flags), args.name);
    if (!validation.valid) {
      if (!this.jsonEnabled()) throw new ValidationError(`Stack "${validation.name}"`, validation.issues);
      process.exitCode = 2;
    }
    this.log(successLine(`Stack "${validation.name}" is valid.`));
    return validation;
  }
}
